"""A whole run of `kseg fit`, made so small that hundreds of them pass in a minute."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kseg.fit import restore_arrays, training_variables
from kseg.fit.variables import read_variables
from kseg.recipe import load_recipe
from kseg.workflow import job, scan, train, validate
from tests.workflow.tiny import write_data, write_recipe

BATCHES = 4  # more than a run takes
RECIPE = """\
kseg: 1
name: tiny
data: {root: data, folds: 2}
preprocess: {spacing_mm: [2, 2, 2]}
patches: {size: [8, 8, 8], batch: 1}
augment: {flip: null, affine: null, gamma: null, noise: null, blur: null, lowres: null}
model: {name: "tests.faults.whole_run:one_convolution"}
optimizer: {learning_rate: 0.5}
schedule: {warmup_steps: 0}
fit: {epochs: 2, steps_per_epoch: 1, validate_every_epochs: 1, patience_epochs: 5, precision: float32}
predict: {overlap: 0}
"""  # noqa: E501


def one_convolution(channels: int, classes: int) -> keras.Model:
    """The smallest network that a recipe can name."""
    inputs = keras.Input((None, None, None, channels))
    return keras.Model(inputs, keras.layers.Conv3D(classes, 1, name="head")(inputs))


def write_inputs(root: Path) -> Path:
    """Write two scans and a recipe; return the recipe."""
    write_data(root / "data", cases=2, synthetic=True)
    return write_recipe(root, RECIPE)


def sit(recipe: Path, folder: Path, work: Path, *overrides: str) -> None:
    """Run `kseg fit` once, in this process."""
    loaded = load_recipe(recipe, overrides, {"data.root": str(recipe.parent / "data")})
    train(loaded, folder, work, lambda sentence: None)


def untraced_streams(cases, settings, augmentation):
    """Stand in for `make_streams`, whose pipeline takes a second to trace.

    A batch is a pure function of the step and of the bytes in the cache here too.
    """

    def batch(step: int, array: int) -> np.ndarray:
        content = cases[step % len(cases)].open_arrays()[array]
        turned = np.roll(content, step)
        return np.resize(turned, (1, 8, 8, 8, 1) if array == 0 else (1, 8, 8, 8))

    def stream(first_step: int) -> tf.data.Dataset:
        steps = range(first_step, first_step + BATCHES)
        images = np.stack([batch(step, 0) for step in steps]).astype(np.float32)
        labels = np.stack([batch(step, 1) for step in steps]).astype(np.uint8)
        return tf.data.Dataset.from_tensor_slices((images, labels))

    return stream


def keep_what_was_traced(patch) -> None:
    """Let all runs of this process share what takes long to make; each begins as a new one.

    A network is shared by all that load weights of the same digest; the one that is trained begins
    with its first weights.
    """
    trained, networks, predictors = {}, {}, {}
    make_network, load_network, predictor = job.make_network, scan.load_network, scan.Predictor

    def kept_network(*arguments):
        if not trained:
            network = make_network(*arguments)
            trained[network] = read_variables(training_variables(network.model))
        ((network, first),) = trained.items()
        restore_arrays(training_variables(network.model), first)
        return network

    def kept_loaded(folder, *arguments):
        if folder.digest not in networks:
            networks[folder.digest] = load_network(folder, *arguments)
        return networks[folder.digest]

    def kept_predictor(model, settings):
        if (id(model), settings) not in predictors:
            predictors[id(model), settings] = predictor(model, settings)
        return predictors[id(model), settings]

    patch.setattr(job, "make_streams", untraced_streams)
    patch.setattr(job, "make_network", kept_network)
    patch.setattr(scan, "load_network", kept_loaded)
    patch.setattr(scan, "Predictor", kept_predictor)
    patch.setattr(validate, "Predictor", kept_predictor)
