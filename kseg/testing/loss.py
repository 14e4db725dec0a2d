"""The contract of a loss."""

import inspect
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from kseg.testing.contract import config_gaps, enforce, registration, through_json
from kseg.testing.gradients import logit_gradient

# The largest round number that float16 still holds.
EXTREME = 6e4
# More voxels than float16 can count.
MANY_VOXELS = 70_000
STEP = 0.1


def check_loss(
    loss_class: type[keras.losses.Loss],
    arguments: Mapping[str, object] | None = None,
    classes: int = 3,
    dimensions: int = 3,
    *,
    labels: int | None = None,
) -> None:
    """Run the whole contract of kseg's losses on a class.

    The class is registered; an equal loss comes back from `get_config` and with a compiled model,
    by its values; `call` gives one float32 value a case; `sample_weight` of shape (cases,) weights
    cases, also when there are as many cases as columns; labels may be of any integer type; the
    gradient is finite and is that of finite differences; logits in half precision, extreme logits
    and absent classes give finite values; voxels of `ignore_label`, where that is an argument,
    count for nothing.

    Args:
        loss_class: the class.
        arguments: mapping of arguments to make a loss with.
        classes: int, channels of the logits.
        dimensions: int, spatial axes.
        labels: int, number of label values if it is not `classes`, as with overlapping regions.

    Raises:
        ContractError: with every broken rule.

    Example:
        >>> from kseg.losses import SoftDice
        >>> check_loss(SoftDice, {"per": "batch"}, classes=2, dimensions=2)
    """
    case = _Case(loss_class, dict(arguments or {}), classes, dimensions, labels or classes)
    checks = [_registration, _values, _sample_weights, _label_types, _configuration, _saving]
    checks += [_gradient, _half_precision, _extreme_logits, _absent_classes, _ignore_label]
    enforce(loss_class.__name__, case, checks)


@dataclass(frozen=True)
class _Case:
    """A class, how to make losses of it, and what to feed them."""

    loss_class: type
    arguments: dict
    classes: int
    dimensions: int
    label_count: int

    def make(self, **more):
        return self.loss_class(**{**self.arguments, **more})

    def sample(self, cases: int = 4, size: int = 4) -> tuple[np.ndarray, np.ndarray]:
        """Return labels (cases, …spatial) of every value, and logits."""
        generator = np.random.default_rng(0)
        shape = (cases, *[size] * self.dimensions)
        labels = generator.permutation(np.arange(np.prod(shape)) % self.label_count)
        logits = generator.normal(size=(*shape, self.classes))
        return labels.reshape(shape).astype("int32"), logits.astype("float32")


def _registration(case: _Case) -> Iterator[str]:
    yield from registration(case.loss_class)


def _values(case: _Case) -> Iterator[str]:
    for cases in (3, 4):
        values = case.make().call(*map(ops.convert_to_tensor, case.sample(cases)))
        shape = tuple(values.shape)
        if shape != (cases,):
            yield f"call() must give one value a case, shape ({cases},). Received: {shape}"
        dtype = keras.backend.standardize_dtype(values.dtype)
        if dtype != "float32":
            yield f"call() must give float32. Received: {dtype}"
        if not np.isfinite(ops.convert_to_numpy(values)).all():
            yield "its values must be finite"


def _sample_weights(case: _Case) -> Iterator[str]:
    loss = case.make()
    for cases in (3, 4):
        sample = case.sample(cases)
        weights = np.linspace(0.5, 2.0, cases).astype("float32")
        values = ops.convert_to_numpy(loss.call(*map(ops.convert_to_tensor, sample)))
        if values.shape != (cases,) or loss.reduction != "sum_over_batch_size":
            return
        rule = f"sample_weight of shape ({cases},) must weight the cases, whatever the image's size"
        expected = np.mean(weights * values)
        try:
            found = _value(loss, *sample, weights)
        except Exception as error:
            yield f"{rule}. Received: {type(error).__name__}"
            continue
        if not np.isclose(found, expected, rtol=1e-4):
            yield f"{rule}: {expected:.6g}. Received: {found:.6g}"


def _label_types(case: _Case) -> Iterator[str]:
    labels, logits = case.sample()
    expected = _value(case.make(), labels, logits)
    for kind in ("uint8", "int64", "float32"):
        found = _value(case.make(), labels.astype(kind), logits)
        if not np.isclose(found, expected, rtol=1e-5):
            yield f"labels of type {kind} must give {expected:.6g}. Received: {found:.6g}"


def _configuration(case: _Case) -> Iterator[str]:
    loss = case.make()
    yield from config_gaps(case.loss_class, loss.get_config())
    again = case.loss_class.from_config(through_json(loss.get_config()))
    if _value(again, *case.sample()) != _value(loss, *case.sample()):
        yield "a loss from get_config() must give the same value"


def _saving(case: _Case) -> Iterator[str]:
    labels, images = case.sample()
    inputs = keras.Input(images.shape[1:])
    model = keras.Model(inputs, keras.layers.Dense(case.classes, dtype="float32")(inputs))
    model.compile("sgd", case.make(), run_eagerly=True)
    model.train_on_batch(images, labels)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        again = keras.saving.load_model(path)
    logits = ops.convert_to_numpy(model(images))
    if type(again.loss) is not case.loss_class:
        yield "a compiled model must come back from its file with this loss"
    elif _value(again.loss, labels, logits) != _value(model.loss, labels, logits):
        yield "a compiled model must come back from its file with a loss of the same value"


def _gradient(case: _Case) -> Iterator[str]:
    loss, (labels, logits) = case.make(), case.sample()
    gradient = logit_gradient(loss, labels, logits)
    if not np.isfinite(gradient).all():
        yield "its gradient must be finite"
    elif not gradient.any():
        yield "its gradient must not be 0 everywhere"
    else:
        slope = np.linalg.norm(gradient)
        step = STEP * gradient / slope
        rise = _value(loss, labels, logits + step) - _value(loss, labels, logits - step)
        if not np.isclose(rise / (2 * STEP), slope, rtol=0.05):
            yield (
                f"its gradient must be that of finite differences: along it the loss rises by "
                f"{rise / (2 * STEP):.4g} a unit, its length is {slope:.4g}"
            )


def _half_precision(case: _Case) -> Iterator[str]:
    size = int(np.ceil(MANY_VOXELS ** (1 / case.dimensions)))
    labels, logits = case.sample(2, size)
    for kind in ("float16", "bfloat16"):
        halves = ops.cast(logits, kind)
        expected = _value(case.make(), labels, ops.cast(halves, "float32"))
        result = case.make()(labels, halves)
        dtype = keras.backend.standardize_dtype(result.dtype)
        if dtype != "float32" or not np.isclose(float(result), expected, rtol=1e-3):
            yield (
                f"{kind} logits must be reckoned with in float32: {expected:.6g}. Received: "
                f"{float(result):.6g} as {dtype}"
            )


def _extreme_logits(case: _Case) -> Iterator[str]:
    labels, logits = case.sample()
    yield from _finite(case, labels, EXTREME * np.sign(logits), f"logits of ±{EXTREME:g}")


def _absent_classes(case: _Case) -> Iterator[str]:
    labels, logits = case.sample()
    yield from _finite(case, np.zeros_like(labels), logits, "labels that are all background")
    full = np.full_like(labels, case.label_count - 1)
    yield from _finite(case, full, logits, "labels that are all of the last class")


def _ignore_label(case: _Case) -> Iterator[str]:
    if "ignore_label" not in inspect.signature(case.loss_class.__init__).parameters:
        return
    ignored = case.label_count
    loss, (labels, logits) = case.make(ignore_label=ignored), case.sample()
    labels[:, 1:3] = ignored
    changed = logits.copy()
    changed[:, 1:3] += 5.0
    before, after = _value(loss, labels, logits), _value(loss, labels, changed)
    if not np.isclose(before, after, rtol=1e-5):
        yield f"logits of ignored voxels must not count: {before:.6g} became {after:.6g}"
    if logit_gradient(loss, labels, logits)[:, 1:3].any():
        yield "the gradient at ignored voxels must be 0"
    labels[0] = ignored
    again = case.make(ignore_label=ignored)
    if not np.isfinite(_value(again, labels, logits)):
        yield "a case in which every voxel is ignored must give a finite value"


def _finite(case: _Case, labels, logits, what: str) -> Iterator[str]:
    if not np.isfinite(_value(case.make(), labels, logits)):
        yield f"{what} must give a finite value"
    if not np.isfinite(logit_gradient(case.make(), labels, logits)).all():
        yield f"{what} must give a finite gradient"


def _value(loss, labels, logits, sample_weight=None) -> float:
    return float(loss(labels, logits, sample_weight=sample_weight))
