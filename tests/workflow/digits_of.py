"""Synthetic digits, each a bright blob at a place of its own, and trainings on them."""

from pathlib import Path

import numpy as np

from kseg.recipe import load_recipe

RECIPE = """\
kseg: 1
name: synthetic_digits
data: {source: digits}
patches: {batch: 20}
model: {name: fcn, filters: [4, 4], dense_filters: 16, dropout: 0.5}
loss: {dice: null}
optimizer: {name: adam, learning_rate: 1e-2, epsilon: 1e-8, weight_decay: 0, clip_norm: null}
schedule: {name: constant, warmup_steps: 0}
fit: {steps: 12, steps_per_epoch: 4, validate_every_epochs: 1, precision: float32}
"""


def blobs(cases, seed):
    """Return uint8 pictures (cases, 28, 28) of blobs in noise, and which of 10 places they are."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(cases) % 10).astype(np.uint8)
    images = rng.integers(0, 40, (cases, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        y, x = 3 + 12 * (label // 5), 1 + 5 * (label % 5)
        image[y : y + 8, x : x + 5] += 200
    order = rng.permutation(cases)
    return images[order], labels[order]


def write_digits(file: Path, train=300, test=110, **changes) -> Path:
    """Write synthetic digits in the layout of mnist.npz."""
    x_train, y_train = blobs(train, 0)
    x_test, y_test = blobs(test, 1)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = {name: array for name, array in (arrays | changes).items() if array is not None}
    np.savez_compressed(file, **kept)
    return file


def load_tiny(root: Path, overrides=(), text=RECIPE):
    """Return the loaded recipe for the synthetic digits in `root`."""
    data, recipe = root / "synthetic.npz", root / "digits.yaml"
    if not data.is_file():
        write_digits(data)
    recipe.write_text(text)
    return load_recipe(recipe, overrides, {"data.root": str(data)})


def train_tiny_digits(root: Path, overrides=(), out="run", text=RECIPE, write_report=None):
    """Train on the synthetic digits; return what came of it and what was told."""
    from kseg.workflow import train

    told = []
    loaded = load_tiny(root, overrides, text)
    result = train(loaded, root / out, root / "work", told.append, write_report=write_report)
    return result, told
