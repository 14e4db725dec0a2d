"""Compiled networks, saved in one process and loaded in a fresh one by `kseg.parts` alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kseg.models import fcn
from tests.models.tiny import CLASSES, batch, compiled, network, to_numpy

ROOT = Path(__file__).parents[2]
LOAD = """
import json, sys
import keras, numpy as np
import kseg.parts

found = {}
for folder in sys.argv[1:]:
    data = np.load(f"{folder}/data.npz")
    images, labels = data["images"], data["labels"]
    model = keras.models.load_model(f"{folder}/model.keras")
    np.save(f"{folder}/logits.npy", keras.ops.convert_to_numpy(model(images)))
    found[folder] = {
        "kind": type(model).__name__,
        "loss": [type(term).__name__ for term, _ in model.loss.terms],
        "evaluated": model.evaluate(images, labels, verbose=0, return_dict=True),
        "trained": float(model.train_on_batch(images, labels)[0]),
    }
print(json.dumps(found))
"""
# Without dropout, so that one training step gives equal numbers in both processes.
NETWORKS = {
    "plain": {},
    "heads": {"deep_supervision": 1, "head_weights": [1, 3], "kernel_regularizer": "l2"},
    "everything": {
        "deep_supervision": 1, "heads": "full_size", "block": "residual", "attention": True,
        "squeeze_excitation": True, "downsample": "trainable", "padding": "symmetric",
        "norm": "layer", "strides": [1, (1, 2, 2)],
    },
    "pictures": {"dimensions": 2, "deep_supervision": 1, "norm": "batch"},
}  # fmt: skip
SMALL_FCN = {"filters": (2,), "dense_filters": 3, "dense_kernel": 4, "dropout": 0.0}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the networks, their batches, and what one fresh process finds in all of them."""
    top = tmp_path_factory.mktemp("saved")
    cases = {
        name: (compiled(network(**arguments)), *batch(dimensions=arguments.get("dimensions", 3)))
        for name, arguments in NETWORKS.items()
    }
    images, _ = batch(dimensions=2)
    cases["fcn"] = (compiled(fcn(1, CLASSES, **SMALL_FCN)), images, np.ones((2, 1, 1), "uint8"))
    for name, (model, images, labels) in cases.items():
        (top / name).mkdir()
        np.savez(top / name / "data.npz", images=images, labels=labels)
        model.save(top / name / "model.keras")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *cases],
        cwd=top,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return cases, json.loads(done.stdout.splitlines()[-1]), top


@pytest.mark.parametrize("name", [*NETWORKS, "fcn"])
def test_a_compiled_network_loads_whole_in_a_fresh_process(saved, name):
    cases, findings, top = saved
    (model, images, labels), found = cases[name], findings[name]
    logits = np.load(top / name / "logits.npy")
    np.testing.assert_allclose(logits, to_numpy(model(images)), rtol=1e-5, atol=1e-6)
    expected = model.evaluate(images, labels, verbose=0, return_dict=True)
    assert found["evaluated"] == pytest.approx(expected, rel=1e-4)
    trained = float(model.train_on_batch(images, labels)[0])
    assert found["trained"] == pytest.approx(trained, rel=1e-4)
    assert found["loss"] == ["WeightedCrossEntropy", "SoftDice"]
    has_heads = "deep_supervision" in NETWORKS.get(name, {})
    assert found["kind"] == ("DeepSupervisionModel" if has_heads else "Functional")
