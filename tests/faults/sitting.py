"""One sitting of a tiny training with all that it leaves behind, many times in one process.

The network is made and traced once; each sitting begins with its first weights, as a new process
would, and goes on from what it finds in the folder.
"""

from functools import cache
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kseg.bundle import ModelDescription, model_weights, write_model
from kseg.evaluate import LabelScore, write_tables
from kseg.fit import fit, training_variables
from kseg.preprocess import ChannelScaling, PreprocessPlan
from kseg.storage import FolderLock, append_line, remove_leftovers, write_text
from kseg.storage.digest import sha256_bytes
from kseg.volume import make_grid, write_labels
from kseg.workflow.outcome import history_csv
from tests.fit.jobs import a_job, a_schedule, averaging

STEPS, STEPS_PER_EPOCH = 6, 2
LABELS = ("background", "liver", "lesion")
_DESCRIPTION = ModelDescription(
    name="tiny",
    network="fcn",
    arguments={},
    channels=("CT",),
    label_names=LABELS,
    preprocess=PreprocessPlan((1.0, 1.0, 1.0), (ChannelScaling("per_image"),), crop=False),
    patch_size_zyx=(4, 4, 4),
    precision="float32",
    trained_on="noise",
)


@cache
def _network():
    """Return a compiled network, its schedule and its first state."""
    keras.utils.set_random_seed(7)
    inputs = keras.Input((4, 4, 4, 1))
    model = keras.Model(inputs, keras.layers.Conv3D(3, 1, name="head")(inputs))
    schedule = a_schedule()
    model.compile(
        keras.optimizers.SGD(schedule, momentum=0.9, **averaging(0.8)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    first = {name: v.numpy() for name, v in training_variables(model).items()}
    return model, schedule, first


def _stream(step: int) -> tf.data.Dataset:
    rng = np.random.default_rng(0)
    images = rng.normal(size=(STEPS, 2, 4, 4, 4, 1)).astype(np.float32)
    labels = (images[..., 0] + 1.5).clip(0, 2).astype(np.uint8)
    return tf.data.Dataset.from_tensor_slices((images[step:], labels[step:])).repeat()


class _Validation:
    """Score the weights by their bits, so that a lost bit changes the score."""

    def __call__(self, model: keras.Model) -> dict[str, float]:
        bits = b"".join(weight.numpy().tobytes() for weight in model.weights)
        score = int(sha256_bytes(bits)[:6], 16) / 0xFFFFFF
        return {"val_dice": score, "val_dice_liver": score / 2}

    def estimate_seconds(self, model: keras.Model) -> float:
        return 0.0


def leave_an_older_outcome(folder: Path) -> None:
    """Fill the folder as a training that ended earlier would, with other weights and tables."""
    model, _, first = _network()
    weights = {name: 2 * first[f"model/{n:05d}/{v.name}"]
               for n, (name, v) in enumerate(model_weights(model).items())}  # fmt: skip
    write_model(folder / "model", _DESCRIPTION, weights)
    for name in ("comparison.csv", "comparison.json"):
        write_text(folder / "validation" / name, "{}\n")


def sit(folder: Path) -> None:
    """Train, or go on with a training; write history, model folder, mask and tables."""
    model, schedule, first = _network()
    for name, variable in training_variables(model).items():
        variable.assign(first[name])
    with FolderLock(folder):
        remove_leftovers(folder)
        job = a_job(
            folder,
            (model, schedule),
            stream=_stream,
            validate=_Validation(),
            steps=STEPS,
            steps_per_epoch=STEPS_PER_EPOCH,
            patience_epochs=9,
            log=lambda message, **facts: append_line(folder / "log.jsonl", '{"message": "…"}'),
        )
        _write_outcome(folder, model, fit(job))


def _write_outcome(folder: Path, model: keras.Model, state) -> None:
    write_text(folder / "history.csv", history_csv(state, False))
    weights = {name: v.numpy() for name, v in model_weights(model).items()}
    write_model(folder / "model", _DESCRIPTION, weights)
    image = np.asarray(next(iter(_stream(0)))[0])
    labels = np.asarray(model(image[:1], training=False))[0].argmax(-1)
    validation = folder / "validation"
    write_labels(validation / "masks" / "a.nii.gz", labels, make_grid(np.eye(4), (4, 4, 4)))
    score = float(state.best_score)
    write_tables(validation, [LabelScore("a", "a", name, score) for name in LABELS[1:]])
