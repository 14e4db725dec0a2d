"""Set TensorFlow up for this machine: threads, precision, devices."""

import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

import keras
import tensorflow as tf

from kseg.engine import cpu_has_bfloat16, cpu_name, usable_cpus

PACKAGES = ("kseg", "keras", "tensorflow", "numpy", "scipy", "nibabel", "pandas")
# From this compute capability (Ampere) on, NVIDIA GPUs multiply bfloat16 numbers themselves.
BFLOAT16_CAPABILITY = (8, 0)


def use_threads(threads: int | None) -> int:
    """Make TensorFlow compute with `threads` threads, one operation at a time.

    With one operation at a time the order of all sums is fixed, and training on a CPU gives the
    same bits each time, at no cost: each operation still uses all threads.

    Args:
        threads: int, or None for all processors that this process may use: its share of them,
            in the environment variable `KSEG_THREADS`, in a job of an engine.

    Returns:
        The number of threads in use. Once TensorFlow has started it cannot change any more.
    """
    wanted = threads or usable_cpus()
    try:
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.threading.set_intra_op_parallelism_threads(wanted)
    except RuntimeError:
        # TensorFlow has already started in this process, as in a notebook.
        return tf.config.threading.get_intra_op_parallelism_threads() or wanted
    return wanted


def tell_parallel_operations(tell: Callable[[str], object]) -> None:
    """Tell where operations run side by side, so that equal bits are not promised.

    Args:
        tell: function of a sentence. Nothing is told after a `use_threads` that came in time.
    """
    parallel = tf.config.threading.get_inter_op_parallelism_threads()
    if parallel != 1:
        # TensorFlow counts as many as it likes as 0.
        told = "as many operations as it likes" if parallel == 0 else f"{parallel} operations"
        tell(
            f"TensorFlow had already started in this process and may run {told} at the same time: "
            "equal bits are not promised"
        )


def resolve_precision(precision: str) -> str:
    """Return the number format that `auto` stands for on this machine.

    Args:
        precision: `"auto"`, `"float32"`, `"bfloat16"` or `"float16"`.

    Returns:
        One of the last three: what was asked for, or for `"auto"` bfloat16 where the GPU or the
        processor computes in it, float16 on other GPUs, float32 elsewhere.
    """
    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "bfloat16" if cpu_has_bfloat16() else "float32"
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    capable = [
        details_of.get("compute_capability", (0, 0)) >= BFLOAT16_CAPABILITY
        for details_of in details
    ]
    return "bfloat16" if all(capable) else "float16"


def use_precision(precision: str) -> None:
    """Make all layers that are built from now on compute in `precision`, with float32 weights.

    Args:
        precision: `"float32"`, `"bfloat16"` or `"float16"`.
    """
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")


def make_strategy(batch: int, devices: Sequence[str] | None = None) -> tf.distribute.Strategy:
    """Return how a batch is shared out: over several GPUs where there are.

    Args:
        batch: int, patches of a batch. Every device gets as many as every other, so the number of
            devices in use is the largest that divides the batch.
        devices: names of the devices to share it over; None for the GPUs that there are.

    Returns:
        A `MirroredStrategy` for several devices, else TensorFlow's default.
    """
    names = list(devices or (gpu.name.split("physical_device:")[1] for gpu in _gpus()))
    used = max((n for n in range(1, len(names) + 1) if batch % n == 0), default=1)
    if used > 1:
        return tf.distribute.MirroredStrategy(names[:used])
    return tf.distribute.get_strategy()


def use_deterministic_operations() -> None:
    """Make TensorFlow refuse or replace every operation whose result may differ in the last bit.

    On a CPU `use_threads` is enough. What this costs on a GPU has not been measured.
    """
    tf.config.experimental.enable_op_determinism()


def describe_environment(
    threads: int, precision: str, *, deterministic: bool = False
) -> dict[str, object]:
    """Return what of this machine can change a result: versions, threads, processor, GPUs.

    Args:
        threads: int, threads in use.
        precision: str, number format in use.
        deterministic: bool, whether only operations that repeat bit for bit are in use.

    Returns:
        Dict of plain values. It names neither the machine nor its user.
    """
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": cpu_name(),
        "packages": {name: version(name) for name in PACKAGES},
        "threads": threads,
        "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
        "precision": precision,
        "deterministic": deterministic,
        "gpus": [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
                 for gpu in _gpus()],
    }  # fmt: skip


def environment_changes(before: Mapping, now: Mapping) -> list[str]:
    """Return what of the machine differs from the sitting before.

    Args:
        before: what `describe_environment` returned then.
        now: what it returns now.

    Returns:
        List of sentences. The version of kseg and the number format are no matter of the machine.

    Example:
        >>> before = {"packages": {"numpy": "2.3", "kseg": "0.1"}, "threads": 2}
        >>> environment_changes(before, {"packages": {"numpy": "2.4", "kseg": "0.2"}, "threads": 4})
        ['numpy: 2.3 -> 2.4', 'threads: 2 -> 4']
    """
    told = []
    for key, value in now.items():
        then = before.get(key)
        if key == "packages":
            told += environment_changes(then or {}, value)
        elif key not in ("kseg", "precision") and then != value:
            told.append(f"{key}: {_text(then)} -> {_text(value)}")
    return told


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "unknown" if value in (None, "") else str(value)


def _gpus() -> list:
    return tf.config.list_physical_devices("GPU")
