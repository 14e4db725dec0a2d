import json
import subprocess
import sys

import keras
import pytest
import tensorflow as tf

from kseg.workflow import machine
from kseg.workflow.machine import (
    describe_environment,
    make_strategy,
    resolve_precision,
    tell_parallel_operations,
    use_precision,
    use_threads,
)


@pytest.fixture
def hardware(monkeypatch):
    """Pretend to have GPUs of some compute capabilities, and a processor with bfloat16 or not."""

    def pretend(*capabilities, cpu_bfloat16=False):
        gpus = [tf.config.PhysicalDevice(f"/physical_device:GPU:{n}", "GPU") for n in range(9)]
        details = {
            gpu.name: {"compute_capability": capability, "device_name": "card"}
            for gpu, capability in zip(gpus, capabilities)
        }
        monkeypatch.setattr(
            tf.config, "list_physical_devices", lambda kind=None: gpus[: len(capabilities)]
        )
        monkeypatch.setattr(
            tf.config.experimental, "get_device_details", lambda gpu: details[gpu.name]
        )
        monkeypatch.setattr(machine, "cpu_has_bfloat16", lambda: cpu_bfloat16)

    return pretend


@pytest.mark.parametrize(
    ("capabilities", "cpu_bfloat16", "expected"),
    [
        ((), True, "bfloat16"),
        ((), False, "float32"),
        (((8, 0),), False, "bfloat16"),
        (((9, 0), (8, 6)), False, "bfloat16"),
        (((7, 5),), True, "float16"),
        (((9, 0), (7, 0)), True, "float16"),
    ],
)
def test_auto_takes_the_format_that_the_hardware_computes_in(
    hardware, capabilities, cpu_bfloat16, expected
):
    hardware(*capabilities, cpu_bfloat16=cpu_bfloat16)
    assert resolve_precision("auto") == expected


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_named_format_is_taken_whatever_the_hardware(hardware, precision):
    hardware()
    assert resolve_precision(precision) == precision


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_layers_compute_in_the_format_and_keep_their_weights_in_float32(precision):
    use_precision(precision)
    layer = keras.layers.Dense(1)
    layer.build((None, 1))
    assert layer.compute_dtype == precision and layer.kernel.dtype == "float32"


def test_several_gpus_share_a_batch_and_one_does_not(hardware, monkeypatch):
    asked = []
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", asked.append)
    hardware((8, 0))
    assert make_strategy(4) is tf.distribute.get_strategy() and not asked
    hardware((8, 0), (8, 0))
    make_strategy(4)
    assert asked == [["GPU:0", "GPU:1"]]


@pytest.mark.parametrize(("batch", "used"), [(2, 2), (3, 3), (4, 2), (9, 3)])
def test_every_gpu_in_use_gets_as_many_patches_as_every_other(hardware, monkeypatch, batch, used):
    asked = []
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", asked.append)
    hardware((8, 0), (8, 0), (8, 0))
    make_strategy(batch)
    assert [len(names) for names in asked] == [used]


def test_a_batch_of_one_stays_on_one_gpu(hardware):
    hardware((8, 0), (8, 0))
    assert make_strategy(1) is tf.distribute.get_strategy()


def test_threads_that_tensorflow_already_runs_with_are_told_not_changed():
    tf.constant(1.0) + 1.0
    running = tf.config.threading.get_intra_op_parallelism_threads()
    assert use_threads(7) == (running or 7)
    assert tf.config.threading.get_intra_op_parallelism_threads() == running


@pytest.mark.parametrize(("asked", "used"), [(None, 1), (5, 5)])
def test_a_job_computes_with_its_share_of_the_threads_unless_told_otherwise(
    monkeypatch, asked, used
):
    set_to = []
    threading = tf.config.threading
    monkeypatch.setattr(threading, "set_inter_op_parallelism_threads", lambda threads: None)
    monkeypatch.setattr(threading, "set_intra_op_parallelism_threads", set_to.append)
    monkeypatch.setenv("KSEG_THREADS", "1")
    assert use_threads(asked) == used and set_to == [used]


@pytest.mark.parametrize(
    ("parallel", "told"),
    [(1, None), (0, "as many operations as it likes at the same time"), (4, "4 operations at")],
)
def test_operations_side_by_side_are_told_since_equal_bits_are_not_promised(
    monkeypatch, parallel, told
):
    threading = tf.config.threading
    monkeypatch.setattr(threading, "get_inter_op_parallelism_threads", lambda: parallel)
    lines = []
    tell_parallel_operations(lines.append)
    assert [told in line and "equal bits are not promised" in line for line in lines] == (
        [True] if told else []
    )
    assert describe_environment(2, "float32")["inter_op_threads"] == parallel


def test_the_environment_names_versions_but_neither_machine_nor_user():
    facts = describe_environment(2, "float32")
    assert facts["inter_op_threads"] == tf.config.threading.get_inter_op_parallelism_threads()
    assert facts["threads"] == 2 and facts["precision"] == "float32" and facts["gpus"] == []
    assert facts["packages"]["tensorflow"] == tf.__version__
    import getpass
    import socket

    text = json.dumps(facts)
    assert socket.gethostname() not in text and f'"{getpass.getuser()}"' not in text


TWO_DEVICES = """
import sys
from pathlib import Path
import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

from kseg.recipe import load_recipe
from kseg.workflow import train
from kseg.workflow.machine import make_strategy, use_threads

run, recipe, data, out = map(Path, sys.argv[1:])
assert use_threads(3) == 3
assert tf.config.threading.get_intra_op_parallelism_threads() == 3
assert tf.config.threading.get_inter_op_parallelism_threads() == 1
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
module = sys.modules["kseg.workflow.job"]
module.make_strategy = lambda batch: make_strategy(batch, ["CPU:0", "CPU:1"])
told = []
train(load_recipe(recipe, [], {"data.root": str(data)}), out, run.parent / "work", told.append)
assert any("shared by 2" in line for line in told), told
one, two = (load_file(path / "model" / "weights.safetensors") for path in (run, out))
for name, weight in one.items():
    np.testing.assert_allclose(weight, two[name], atol=1e-3, err_msg=name)
"""


def test_two_devices_train_to_the_weights_of_one(tiny_run, tmp_path):
    # TensorFlow takes threads and devices only before its first operation: a process of its own.
    words = [tiny_run.folder, tiny_run.recipe, tiny_run.data, tmp_path / "two"]
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, *map(str, words)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_operations_are_made_deterministic_where_that_is_asked_for(monkeypatch):
    calls = []
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: calls.append(1))
    machine.use_deterministic_operations()
    assert calls == [1]
    assert machine.describe_environment(1, "float32", deterministic=True)["deterministic"] is True
    assert machine.describe_environment(1, "float32")["deterministic"] is False


def test_what_differs_of_two_machines_is_told_by_name():
    before = machine.describe_environment(2, "float32")
    assert machine.environment_changes(before, before) == []
    now = {**before, "threads": 3, "gpus": ["H200"], "precision": "bfloat16"}
    assert machine.environment_changes(before, now) == ["threads: 2 -> 3", "gpus: none -> H200"]
    # Written by a release that did not know of it yet.
    del before["deterministic"]
    assert machine.environment_changes(before, {**before, "deterministic": False}) == [
        "deterministic: unknown -> False"
    ]
