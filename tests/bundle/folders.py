"""A model folder to read, spoil and mend in the tests of this room."""

import json
from pathlib import Path

import keras
import numpy as np

from kseg.bundle import ModelDescription, PredictDefaults, model_weights, write_model
from kseg.dataset import ReadOptions
from kseg.models import build
from kseg.preprocess import ChannelScaling, PreprocessPlan
from kseg.storage import sha256_file, write_json

ARGUMENTS = {"depth": 2, "filters": 2, "convs_per_level": 1, "deep_supervision": 1}
LABELS = ("background", "liver", "spleen")


def description(**changes) -> ModelDescription:
    """Describe a network with something other than the default in every place."""
    facts = {
        "name": "two organs",
        "network": "unet",
        "arguments": ARGUMENTS,
        "channels": ("CT", "PET"),
        "label_names": LABELS,
        "preprocess": PreprocessPlan(
            (3.0, 1.5, 1.25),
            (
                ChannelScaling("fixed", -100.5, 240.0, 40.25, 60.0),
                ChannelScaling("per_image", clip_percentiles=(0.5, 99.5)),
            ),
            crop=False,
        ),
        "patch_size_zyx": (16, 24, 32),
        "precision": "bfloat16",
        "predict": PredictDefaults(0.25, "constant", (1, 2), True, 3),
        "reading": ReadOptions("sform", "RAS", "replace"),
        "trained_on": "Abdomen",
        "phantom": True,
    }
    return ModelDescription(**{**facts, **changes})


def network(labels=LABELS, channels=2, seed=1, **changes) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return build("unet", channels, len(labels), {**ARGUMENTS, **changes})


def arrays_of(model: keras.Model) -> dict:
    return {name: variable.numpy() for name, variable in model_weights(model).items()}


def write_folder(folder: Path, model: keras.Model | None = None, **changes) -> Path:
    write_model(folder, description(**changes), arrays_of(model or network()))
    return folder


def edit(folder: Path, change) -> None:
    """Apply `change` to the data of model.json in place."""
    data = json.loads((folder / "model.json").read_text())
    change(data)
    (folder / "model.json").write_text(json.dumps(data))


def renew_digest(folder: Path) -> None:
    """Make model.json vouch for the weights as they are now, as a forger would."""
    digest = sha256_file(folder / "weights.safetensors")
    data = json.loads((folder / "model.json").read_text())
    write_json(folder / "model.json", {**data, "weights": {**data["weights"], "sha256": digest}})


def write_plain_folder(folder: Path, fill=1.0, **changes) -> Path:
    """Write a model folder whose weights fit no network: for what can be refused without Keras."""
    arrays = {"a/kernel": np.full((3, 4), fill, "float32"), "b/bias": np.zeros(5, "float32")}
    write_model(folder, description(**changes), arrays)
    return folder
