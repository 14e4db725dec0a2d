"""The contract of a layer."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops, tree

from kseg.testing.contract import config_gaps, enforce, registration, through_json
from kseg.testing.gradients import Shift, record_gradients

HALF = "mixed_bfloat16"
# Twice float32's digits that a sum of a few thousand terms in another order may lose.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def check_layer(
    layer_class: type[keras.layers.Layer],
    arguments: Mapping[str, object] | None = None,
    input_shape: Sequence = (2, 8, 8, 8, 3),
    *,
    dynamic_shape: bool = True,
) -> None:
    """Run the whole contract of kseg's layers on a class.

    The class is registered; an equal layer comes back from `get_config` and from a `.keras` file,
    by what it computes; weights are called the same in every such layer; `build` makes all weights
    and builds all children; `compute_output_shape` says what comes out; the dtype policy holds for
    the layer and all its children, whatever the global one is; sizes may be unknown; gradients are
    finite and reach all weights; an image of one grey value gives finite numbers; `data_format`,
    where it is an argument, changes only the order of axes.

    Args:
        layer_class: the class.
        arguments: mapping of arguments to make a layer with, small ones for a quick check.
        input_shape: ints (batch, …spatial, channels), or a list of such for several inputs.
        dynamic_shape: bool, whether the layer must take images of any size.

    Raises:
        ContractError: with every broken rule.

    Example:
        >>> from kseg.layers import Conv3DBlock
        >>> check_layer(Conv3DBlock, {"filters": 2, "strides": 2}, (2, 4, 4, 4, 1))
    """
    several = isinstance(input_shape[0], Sequence)
    shapes = tuple(tuple(shape) for shape in (input_shape if several else [input_shape]))
    case = _Case(layer_class, dict(arguments or {}), shapes, several)
    checks = [_registration, _configuration, _shapes, _precision, _saving, _gradients]
    checks += [
        _names_of_weights,
        _constant_images,
        _order_of_axes,
        *([_unknown_sizes] if dynamic_shape else []),
    ]
    enforce(layer_class.__name__, case, checks)


@dataclass(frozen=True)
class _Case:
    """A class, how to make layers of it, and what to feed them."""

    layer_class: type
    arguments: dict
    shapes: tuple[tuple[int, ...], ...]
    several: bool

    def make(self, **more):
        return self.layer_class(**{**self.arguments, **more})

    def pack(self, items):
        items = list(items)
        return items if self.several else items[0]

    def images(self, scale: int = 1):
        generator = np.random.default_rng(0)
        shapes = [(n, *(scale * size for size in space), c) for n, *space, c in self.shapes]
        return self.pack(generator.normal(size=shape).astype("float32") for shape in shapes)

    def symbols(self, shapes=None):
        return self.pack(keras.Input(batch_shape=shape) for shape in shapes or self.shapes)

    def trained(self, **more):
        """Return a layer that has been called, with weights in which no scale is 1."""
        layer = self.make(**more)
        layer(self.images())
        generator = np.random.default_rng(1)
        layer.set_weights([generator.uniform(0.2, 1.0, weight.shape) for weight in layer.weights])
        return layer


def _registration(case: _Case) -> Iterator[str]:
    yield from registration(case.layer_class)


def _configuration(case: _Case) -> Iterator[str]:
    layer = case.trained()
    yield from config_gaps(case.layer_class, layer.get_config())
    again = case.layer_class.from_config(through_json(layer.get_config()))
    again(case.images())
    again.set_weights(layer.get_weights())
    if not _agree(layer(case.images()), again(case.images())):
        yield "a layer from get_config() must compute the same with the same weights"


def _shapes(case: _Case) -> Iterator[str]:
    layer = case.make()
    shapes = case.pack(case.shapes)
    told = _told(layer.compute_output_shape(shapes))
    layer.build(shapes)
    built = len(layer.weights)
    unbuilt = [child.name for child in _children(layer) if not child.built]
    if unbuilt:
        yield f"build() must build every child. Not built: {', '.join(unbuilt)}"
    real = [tuple(each.shape) for each in tree.flatten(layer(case.images()))]
    if len(layer.weights) != built:
        yield f"build() must make all {len(layer.weights)} weights. It made {built}"
    if told != real:
        yield f"compute_output_shape() must tell the real shape {real}. Received: {told}"
    symbolic = [tuple(each.shape) for each in tree.flatten(case.make()(case.symbols()))]
    if symbolic != real:
        yield f"a symbolic call must have the real shape {real}. Received: {symbolic}"


def _precision(case: _Case) -> Iterator[str]:
    for policy, world, compute in ((HALF, "float32", "bfloat16"), ("float32", HALF, "float32")):
        keras.config.set_dtype_policy(world)
        layer = case.make(dtype=policy)
        output = layer(case.images())
        where = f"with dtype={policy!r} under the global policy {world!r}"
        if layer.dtype_policy.name != policy:
            yield f"{where} it must hand `dtype` to Layer.__init__ (pass **kwargs on)"
        types = {keras.backend.standardize_dtype(each.dtype) for each in tree.flatten(output)}
        if {name for name in types if "float" in name} - {compute}:
            yield f"{where} its output must be {compute}. Received: {sorted(types)}"
        strays = [child.name for child in _children(layer) if child.compute_dtype != compute]
        if strays:
            yield f"{where} children must get dtype=self.dtype_policy: {', '.join(strays)}"
        if any(weight.dtype != "float32" for weight in layer.trainable_weights):
            yield f"{where} trainable weights must be float32"
        if not all(np.isfinite(_numbers(each)).all() for each in tree.flatten(output)):
            yield f"{where} its output must be finite"


def _saving(case: _Case) -> Iterator[str]:
    symbols = case.symbols()
    model = keras.Model(symbols, case.trained()(symbols))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        again = keras.saving.load_model(path)
    if not _agree(model(case.images()), again(case.images())):
        yield "a model with it must compute the same after it was saved and loaded"


def _gradients(case: _Case) -> Iterator[str]:
    layer, symbols = case.make(), case.symbols()
    shifts = [Shift() for _ in case.shapes]
    shifted = [shift(each) for shift, each in zip(shifts, tree.flatten(symbols), strict=True)]
    outputs = tree.flatten(layer(case.pack(shifted)))
    model = keras.Model(symbols, outputs)
    generator = np.random.default_rng(2)
    targets = [generator.normal(size=each.shape).astype("float32") for each in outputs]
    losses = [keras.losses.MeanSquaredError() for _ in outputs]
    reached = record_gradients(model, losses, case.images(), targets)
    own = {weight.path: _numbers(weight) for weight in layer.trainable_weights}
    lost = [path for path in own if path not in reached]
    if lost:
        yield f"every trainable weight must get a gradient. None for {', '.join(lost)}"
    given = [_numbers(shift.shift) for shift in shifts]
    if not all(np.isfinite(each).all() for each in (*own.values(), *given)):
        yield "gradients must be finite"
    if own and not any(each.any() for each in own.values()):
        yield "the gradients of its weights must not all be 0"
    if not any(each.any() for each in given):
        yield "the gradient of its input must not be 0 everywhere"


def _constant_images(case: _Case) -> Iterator[str]:
    layer = case.make()
    for value in (0.0, 1000.0):
        images = tree.map_structure(lambda each: np.full_like(each, value), case.images())
        for training in (False, True):
            output = layer(images, training=training) if _takes_training(layer) else layer(images)
            if not all(np.isfinite(_numbers(each)).all() for each in tree.flatten(output)):
                yield f"an image that is {value:g} everywhere must give finite numbers"


def _unknown_sizes(case: _Case) -> Iterator[str]:
    open_shapes = [(None, *(None for _ in shape[1:-1]), shape[-1]) for shape in case.shapes]
    if getattr(case.make(), "data_format", None) == "channels_first":
        open_shapes = [(None, s[1], *(None for _ in s[2:])) for s in case.shapes]
    layer, symbols = case.make(), case.symbols(open_shapes)
    model = keras.Model(symbols, layer(symbols))
    for scale in (1, 2):
        images = case.images(scale)
        if getattr(layer, "data_format", None) == "channels_first" and scale == 2:
            continue  # There the channels would be doubled with the sizes.
        shapes = case.pack(tuple(each.shape) for each in tree.flatten(images))
        told = _told(layer.compute_output_shape(shapes))
        real = [tuple(each.shape) for each in tree.flatten(model(images))]
        if told != real:
            yield f"built for any size, inputs of {shapes} must give {told}. Received: {real}"


def _order_of_axes(case: _Case) -> Iterator[str]:
    last = case.trained()
    if "data_format" not in last.get_config() or last.data_format != "channels_last":
        return
    images = case.images()
    first = case.make(data_format="channels_first")
    turned = tree.map_structure(lambda each: np.moveaxis(each, -1, 1), images)
    first(turned)
    first.set_weights(last.get_weights())
    back = tree.map_structure(lambda each: np.moveaxis(_numbers(each), 1, -1), first(turned))
    if not _agree(last(images), back):
        yield 'data_format="channels_first" must give the same features in another order of axes'


def _names_of_weights(case: _Case) -> Iterator[str]:
    paths = []
    for _ in range(2):
        layer = case.make(name="layer")
        layer(case.images())
        paths.append([weight.path for weight in layer.weights])
    first, second = paths
    if first != second:
        path = next((a for a, b in zip(first, second) if a != b), "their number")
        yield f"weights must be called the same in every model: give each layer a name ({path})"
    if len(set(first)) != len(first):
        yield "no two weights may have the same name"


def _children(layer) -> list:
    return list(layer._flatten_layers(include_self=False))


def _takes_training(layer) -> bool:
    return layer._call_has_training_arg


def _told(shape) -> list[tuple]:
    """Return the shapes that compute_output_shape told: one, or one an output."""
    shape = list(shape.values()) if isinstance(shape, dict) else list(shape)
    return (
        [tuple(each) for each in shape] if isinstance(shape[0], (list, tuple)) else [tuple(shape)]
    )


def _numbers(tensor) -> np.ndarray:
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))


def _agree(first, second) -> bool:
    pairs = zip(tree.flatten(first), tree.flatten(second), strict=True)
    return all(np.allclose(_numbers(a), _numbers(b), **CLOSE) for a, b in pairs)
