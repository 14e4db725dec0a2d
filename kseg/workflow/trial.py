"""Every part of other packages, run once on next to nothing before any scan is read."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from kseg.dataset import DataSet
from kseg.errors import RecipeError
from kseg.losses import build
from kseg.plugins import KINDS, Component, find_component
from kseg.recipe import METRIC_WORDS, ModelSection, Recipe
from kseg.workflow.metrics import make_metrics, metric_parts
from kseg.workflow.network import brief, build_network, foreign_part
from kseg.workflow.steps import check_steps
from kseg.workflow.targets import told_of

# Large enough for what thins or pools its labels a few times, and a moment's work.
LARGEST_SIDE = 16
CASES = 2
SAMPLE = "labels and logits of noise"


def try_parts(recipe: Recipe, dataset: DataSet, output_size: Sequence[int] | None = None) -> None:
    """Refuse parts of other packages that would end a training later, or leave it unreadable.

    The network is built twice, with the same names of weights, and gives logits of a patch's size;
    each loss and metric is traced and called on labels and logits of noise; each step of
    augmentation runs through its contract. Of a recipe that names no such part nothing is run.

    Args:
        recipe: `Recipe`.
        dataset: `DataSet`, for the numbers of channels and outputs.
        output_size: ints, voxels of the logits along each axis, for a network that does not keep
            the image's size; None for those of a patch.

    Raises:
        RecipeError: naming the part and where it comes from.
    """
    part = foreign_part(recipe.model)
    if part is not None:
        size = recipe.patches.size if output_size is None else None
        _try_network(part, recipe.model, dataset, size)
    told = told_of(dataset)
    sample = _sample(dataset, output_size or recipe.patches.size)
    for section in (recipe.loss.plugins or {}).values():
        component = find_component("losses", section.name)
        _try_loss(component, section.model_dump(), told, sample)
    metrics = make_metrics(recipe.fit.metrics, dataset.outputs, told)
    for metric, wanted in zip(metrics, recipe.fit.metrics, strict=True):
        name, _ = metric_parts(wanted)
        if name not in METRIC_WORDS:
            _try_metric(find_component("metrics", name), metric, sample)
    patch, labels = tuple(recipe.patches.size), len(dataset.label_names)
    check_steps(recipe.augment, patch, len(dataset.channels), labels)


def _try_network(part: Component, section: ModelSection, dataset: DataSet, size) -> None:
    """Refuse a network of other logits, or whose weights a model folder would not find again."""
    channels, outputs = len(dataset.channels), dataset.outputs
    one, other = (build_network(section, channels, outputs) for _ in range(2))
    first, second = ([(w.path, tuple(w.shape)) for w in each.weights] for each in (one, other))
    if first != second:
        path = next((a[0] for a, b in zip(first, second) if a != b), "their number")
        raise _refused(
            part,
            f"weights must be called the same in every model: give each layer a name ({path}); "
            "without that a model folder cannot be opened again",
        )
    if len({path for path, _ in first}) != len(first):
        raise _refused(part, "no two weights may have the same name")
    if size is not None:
        _try_shape(part, one, (1, *size, channels), (1, *size, outputs))


def _try_shape(part: Component, model, image: tuple[int, ...], logits: tuple[int, ...]) -> None:
    """Refuse a network that does not give a patch's size; shapes alone are reckoned with."""
    traced = tf.function(lambda images: model(images, training=False), autograph=False)
    try:
        given = traced.get_concrete_function(tf.TensorSpec(image)).structured_outputs
    except Exception as error:
        raise _failed(part, f"a patch of shape {image}", error) from error
    shape = getattr(given, "shape", None)
    if shape is None or not shape.is_compatible_with(logits):
        reason = f"it must give logits of shape {logits} for a patch. Received: {shape}"
        raise _refused(part, reason)


def _sample(dataset: DataSet, size: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Return uint8 labels that hold every value, and logits, as a step of training has them."""
    generator = np.random.default_rng(0)
    shape = (CASES, *(min(side, LARGEST_SIDE) for side in size))
    values = len(dataset.label_names) + (dataset.ignore is not None)
    labels = generator.integers(0, values, shape).astype(np.uint8)
    logits = generator.normal(size=(*shape, dataset.outputs)).astype(np.float32)
    return tf.constant(labels), tf.constant(logits)


def _try_loss(
    component: Component, term: Mapping[str, object], told: Mapping[str, object], sample
) -> None:
    loss = build({"plugins": {"tried": term}}, **told)
    try:
        values = _traced(loss)(*sample)
    except Exception as error:
        raise _failed(component, SAMPLE, error) from error
    if not np.isfinite(values):
        raise _refused(component, f"it must give a finite value of noise. Received: {values:g}")


def _try_metric(component: Component, metric, sample) -> None:
    try:
        shapes = [tuple(np.shape(each)) for each in keras.tree.flatten(_traced(metric)(*sample))]
    except Exception as error:
        raise _failed(component, SAMPLE, error) from error
    if any(shapes):
        raise _refused(component, f"it must give one number. Received: shape {max(shapes)}")


def _traced(part):
    """Return a loss or a metric as a step of training runs it."""
    return tf.function(lambda labels, logits: part(labels, logits), autograph=False)


def _failed(component: Component, what: str, error: Exception) -> RecipeError:
    return _refused(component, f"it fails on {what}: {brief(error)}")


def _refused(component: Component, reason: str) -> RecipeError:
    noun = KINDS[component.kind]
    return RecipeError(
        why=f"the {noun} `{component.name}` of {component.origin} cannot be trained with: {reason}",
        fix=f"mend it (kseg.testing runs the whole contract of a part), correct its arguments, or "
        f"choose another {noun}",
        code="KS-F10",
    )
