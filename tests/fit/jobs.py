"""Small trainings whose every batch is a pure function of its step."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kseg.fit import Clock, FitSettings, Job, training_variables
from kseg.fit.optimizers import AdamW
from kseg.schedules import WarmupCosine
from tests.models.tiny import loss as segmentation_loss
from tests.models.tiny import network

NEVER = 1_000_000


def batches(step, *, stop_at=NEVER, nan_at=NEVER, cases=2, size=4, labels=3):
    """Return an endless dataset from `step` on; at `stop_at` the power goes."""

    def make(index):
        tf.debugging.assert_less(index, np.int64(stop_at), "the power went")
        shape = (cases, size, size, size)
        values = tf.random.stateless_normal(shape, [index, 5])
        image = tf.where(index == nan_at, np.float32(np.nan), values)[..., None]
        return image, tf.cast(tf.clip_by_value(values + 1.5, 0, labels - 1), tf.uint8)

    return tf.data.Dataset.range(step, NEVER + 1).map(make)


class Validating:
    """A validation that gives the scores it is told to, and keeps what it saw."""

    def __init__(self, scores=(), seconds=0.0):
        self.scores = list(scores)
        self.seconds = seconds
        self.weights = []
        self.epochs = []

    def __call__(self, model):
        self.weights.append([weight.numpy() for weight in model.weights])
        score = self.scores[len(self.weights) - 1] if self.scores else 0.5
        return {"val_dice": score, "val_dice_liver": score / 2}

    def estimate_seconds(self, model):
        return self.seconds


class Log(list):
    """Keeps what was told, with its facts."""

    def __call__(self, message, **facts):
        self.append((message, facts))


def simple_model(seed=0, ema=None, loss=None, metrics=()):
    """The smallest model that a loop can train, without a graph that would have to be traced."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((None, None, None, 1))
    model = keras.Model(inputs, keras.layers.Conv3D(3, 1, name="head")(inputs))
    schedule = a_schedule()
    model.compile(
        keras.optimizers.SGD(schedule, momentum=0.9, **averaging(ema)),
        loss=loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=list(metrics),
        run_eagerly=True,
    )
    model.optimizer.build(model.trainable_variables)
    return model, schedule


def real_model(seed=0, ema=0.8, clip_norm=1.0, **arguments):
    """A network with all that carries state, compiled as `kseg fit` does."""
    model = network(deep_supervision=1, **arguments)
    keras.utils.set_random_seed(seed)
    model.set_weights([w + np.random.normal(0, 0.05, w.shape) for w in model.get_weights()])
    schedule = a_schedule()
    kind = keras.optimizers.AdamW if ema is None else AdamW
    optimizer = kind(schedule, global_clipnorm=clip_norm, **averaging(ema))
    model.compile(optimizer, loss=segmentation_loss())
    model.optimizer.build(model.trainable_variables)
    return model, schedule


def a_schedule():
    return WarmupCosine(0.01, total_steps=1, warmup_steps=2)


def averaging(ema):
    return {"use_ema": ema is not None, "ema_momentum": 0.99 if ema is None else ema}


def a_job(folder: Path, made=None, *, validate=None, **changes) -> Job:
    """Return a job of 6 steps in epochs of 2; settings and the job's own fields may be changed."""
    model, schedule = made or simple_model()
    settings = {
        "steps": 6, "budget_seconds": None, "steps_per_epoch": 2, "validate_every_epochs": 1,
    }  # fmt: skip
    for field in dataclasses.fields(FitSettings):
        if field.name in changes:
            settings[field.name] = changes.pop(field.name)
    facts = {
        "model": model,
        "set_total_steps": schedule.set_total_steps,
        "stream": batches,
        "cases_of_step": lambda step: [f"case_{step}", f"case_{step}", "liver_1"],
        "validate": validate,
        "settings": FitSettings(**settings),
        "checkpoints": folder / "checkpoints",
        "identity": {"recipe": 1},
        "clock": Clock(),
        "log": Log(),
    }
    return Job(**{**facts, **changes})


def all_arrays(model) -> dict:
    return {name: v.numpy().copy() for name, v in training_variables(model).items()}


def assert_same_bits(one: dict, other: dict):
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


def column(state, name):
    return [row[name] for row in state.history]


def without_time(history):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in history]


def newest(job):
    return sorted(job.checkpoints.iterdir())[-1]


def assert_equal_outcome(one, other):
    (job, state), (other_job, other_state) = one, other
    assert without_time(state.history) == without_time(other_state.history)
    assert_same_bits(all_arrays(job.model), all_arrays(other_job.model))
    arrays = [(newest(j) / "state.safetensors").read_bytes() for j in (job, other_job)]
    assert arrays[0] == arrays[1]
