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

BATCHES = 6  # more than any run takes
RECIPE = """\
kseg: 1
name: tiny
data: {root: data, folds: 2}
preprocess: {spacing_mm: [2, 2, 2]}
patches: {size: [8, 8, 8], batch: 1}
augment: {flip: null, affine: null, gamma: null, noise: null, blur: null, lowres: null}
model: {name: "tests.faults.whole_run:one_convolution"}
schedule: {warmup_steps: 1}
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


def sit(recipe: Path, folder: Path, work: Path) -> None:
    """Run `kseg fit` once, in this process."""
    loaded = load_recipe(recipe, [], {"data.root": str(recipe.parent / "data")})
    train(loaded, folder, work, lambda sentence: None)


def keep_what_was_traced(patch) -> None:
    """Let all runs of this process share what takes long to make; each begins as a new one.

    What is shared is a function of what it is shared by: the batches of their cases' content, a
    network of its weights' digest. The network that is trained begins with its first weights.
    """
    batches, trained, networks, predictors = {}, {}, {}, {}
    make_streams, make_network = job.make_streams, job.make_network
    load_network, predictor = scan.load_network, scan.Predictor

    def kept_streams(cases, settings, augmentation):
        key = tuple(case.image_sha256 for case in cases)
        if key not in batches:
            stream = make_streams(cases, settings, augmentation)(0).take(BATCHES)
            batches[key] = tuple(np.stack(part) for part in zip(*stream.as_numpy_iterator()))
        images, labels = batches[key]
        return lambda step: tf.data.Dataset.from_tensor_slices((images[step:], labels[step:]))

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

    patch.setattr(job, "make_streams", kept_streams)
    patch.setattr(job, "make_network", kept_network)
    patch.setattr(scan, "load_network", kept_loaded)
    patch.setattr(scan, "Predictor", kept_predictor)
    patch.setattr(validate, "Predictor", kept_predictor)
