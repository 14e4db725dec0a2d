"""A good model folder without Keras, to be spoilt."""

import json
from pathlib import Path

import numpy as np

from kseg.bundle import ModelDescription, write_model
from kseg.preprocess import ChannelScaling, PreprocessPlan
from kseg.storage import sha256_file


def plain_model(folder: Path) -> Path:
    """Write a model folder whose two arrays fit no network."""
    description = ModelDescription(
        name="liver",
        network="unet",
        arguments={"depth": 2, "filters": 2},
        channels=("CT",),
        label_names=("background", "liver"),
        preprocess=PreprocessPlan((1.0, 1.0, 1.0), (ChannelScaling("per_image"),)),
        patch_size_zyx=(16, 16, 16),
        precision="float32",
    )
    write_model(folder, description, {"a": np.ones((3, 4), "f4"), "b": np.zeros(5, "f4")})
    return folder


def edit(folder: Path, change) -> Path:
    """Write a model folder and apply `change` to the data of its description."""
    file = plain_model(folder) / "model.json"
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    return folder


def vouch(folder: Path) -> Path:
    """Make the description vouch for the weights as they are, as a forger would."""
    file = folder / "model.json"
    data = json.loads(file.read_text())
    data["weights"]["sha256"] = sha256_file(folder / "weights.safetensors")
    file.write_text(json.dumps(data))
    return folder
