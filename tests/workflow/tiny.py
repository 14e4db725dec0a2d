"""Small scans in many orientations, a recipe for them, and a model that needs no training."""

import json
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from kseg.recipe import load_recipe
from kseg.storage import FolderLock, write_json

LABELS = ("background", "organ", "lesion")
CODES = ("RAS", "LPS", "SAR", "PIL", "ASL", "LAS")
SPACINGS_XYZ = ((1.0, 1.2, 2.0), (1.5, 1.0, 1.0))

RECIPE = """\
kseg: 1
name: tiny
data: {root: data, folds: 3}
preprocess: {spacing_mm: [1.5, 1.2, 1.2]}
patches: {size: [16, 16, 16], batch: 2}
model: {depth: 2, filters: 4, deep_supervision: 1}
schedule: {warmup_steps: 2}
fit: {steps: 8, steps_per_epoch: 4, validate_every_epochs: 1, precision: float32}
"""


def body(seed=0, shape_xyz=(16, 18, 20)):
    """Return noise with a bright box in it, and the box's labels; both (x, y, z)."""
    labels = np.zeros(shape_xyz, np.uint8)
    labels[4:12, 5:13, 3:11] = 1
    labels[6:9, 6:9, 6:9] = 2
    noise = np.random.default_rng(seed).normal(0, 20, shape_xyz)
    return (noise + 100 * labels).astype(np.int16), labels


def save(path: Path, array_xyz, code="RAS", spacing_xyz=SPACINGS_XYZ[0], qform=1, sform=2) -> Path:
    """Store an array given in RAS order as the axis code says; nibabel does the turning."""
    affine = np.diag([*spacing_xyz, 1.0])
    affine[:3, 3] = (-31.7, 12.3, 455.1)
    start = nib.orientations.axcodes2ornt("RAS")
    turn = nib.orientations.ornt_transform(start, nib.orientations.axcodes2ornt(code))
    image = nib.Nifti1Image(array_xyz, affine).as_reoriented(turn)
    image.set_qform(image.affine, code=qform)
    image.set_sform(image.affine, code=sform)
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)
    return path


def write_data(root: Path, cases=6, labels=LABELS, **extra) -> Path:
    """Write an MSD folder whose scans differ in shape, spacing and orientation."""
    training = []
    for number in range(cases):
        shape = (16 + number % 3, 17 + number % 4, 20 - number % 3)
        voxels, mask = body(number, shape)
        code, spacing = CODES[number % len(CODES)], SPACINGS_XYZ[number % 2]
        names = {"image": f"imagesTr/case{number}.nii.gz", "label": f"labelsTr/case{number}.nii.gz"}
        save(root / names["image"], voxels, code, spacing)
        save(root / names["label"], np.minimum(mask, len(labels) - 1), code, spacing)
        training.append(names)
    declared = {str(value): name for value, name in enumerate(labels)}
    manifest = {"name": "tiny", "modality": {"0": "CT"}, "labels": declared, "training": training}
    (root / "dataset.json").write_text(json.dumps(manifest | extra))
    return root


def leave_lock_of_a_lost_job(folder: Path) -> None:
    """Leave what the job of a driver does whose machine was lost."""
    with FolderLock(folder, under_driver=True) as lock:
        owner = json.loads(lock.file.read_text())
    write_json(lock.file, owner | {"host": "lost"})


def write_recipe(folder: Path, text=RECIPE) -> Path:
    path = folder / "tiny.yaml"
    path.write_text(text)
    return path


@dataclass(frozen=True)
class TinyRun:
    """A finished run: its folder, what it was made of, what it said and what it returned."""

    folder: Path
    recipe: Path
    data: Path
    work: Path
    told: tuple[str, ...]
    result: object


def train_tiny(root: Path, overrides=(), out="run", data=None, **extra) -> TinyRun:
    """Train by the tiny recipe in `root`, on scans that call themselves synthetic."""
    from kseg.workflow import train

    if data is None:
        data = write_data(root / "data", synthetic=True, **extra)
    recipe = write_recipe(root)
    told = []
    loaded = load_recipe(recipe, overrides, {"data.root": str(data)})
    result = train(loaded, root / out, root / "work", told.append)
    return TinyRun(root / out, recipe, data, root / "work", tuple(told), result)


def a_sitting(folder: Path, begun=None, accept_changes=False):
    """Return a sitting that says nothing and that nobody stops."""
    from kseg.fit import Clock, Stop
    from kseg.workflow.log import RunLog
    from kseg.workflow.sitting import Sitting

    log = RunLog(None, lambda message: None)
    return Sitting(folder, Clock(), log, Stop(), begun, accept_changes)


def write_model_folder(
    folder: Path,
    channels=("CT",),
    labels=LABELS,
    precision="float32",
    spacing_mm=(1.5, 1.2, 1.2),
    **predict,
) -> Path:
    """Write a model folder with random weights, whose masks hold every label."""
    import keras

    from kseg.bundle import ModelDescription, PredictDefaults, model_weights, write_model
    from kseg.models import build
    from kseg.preprocess import ChannelScaling, PreprocessPlan

    keras.utils.set_random_seed(3)
    arguments = {"depth": 2, "filters": 4}
    network = build("unet", len(channels), len(labels), arguments)
    description = ModelDescription(
        name="random",
        network="unet",
        arguments=arguments,
        channels=tuple(channels),
        label_names=tuple(labels),
        preprocess=PreprocessPlan(
            spacing_mm, tuple(ChannelScaling("per_image") for _ in channels), crop=False
        ),
        patch_size_zyx=(16, 16, 16),
        precision=precision,
        predict=PredictDefaults(**predict),
        trained_on="noise",
    )
    weights = {name: variable.numpy() for name, variable in model_weights(network).items()}
    write_model(folder, description, weights)
    return folder


def change_json(path: Path, **changes) -> None:
    write_json(path, json.loads(path.read_text()) | changes)
