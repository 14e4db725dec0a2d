"""The contract of a model, or of a function that makes one."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from kseg.losses import CombinedLoss, SoftDice, WeightedCrossEntropy
from kseg.metrics import CaseDice
from kseg.testing.contract import enforce, through_json

MAIN_HEAD = "out"
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def check_model(
    model_or_factory: keras.Model | Callable[..., keras.Model],
    arguments: Mapping[str, object] | None = None,
    input_shape: Sequence[int] = (2, 16, 16, 16, 1),
    classes: int = 3,
    *,
    output_shape: Sequence[int] | None = None,
    dynamic_shape: bool = True,
) -> None:
    """Run the whole contract of kseg's models on a model, or on a function that makes one.

    The output is float32 logits of the image's size; images of other sizes work; `training=True`
    gives all heads where there are several, and `deployable()` leaves the main one; a training step
    keeps every number finite and changes weights; the compiled model comes back from a `.keras`
    file with its loss and the same output. A factory is called as `factory(channels, classes,
    **arguments)`, with arguments that JSON holds; it gives the same names of weights and, from the
    same seed, the same weights each time, and float32 logits in mixed precision. The seed of
    Keras is set on the way.

    Args:
        model_or_factory: Keras model, or function that returns one.
        arguments: mapping of further arguments of the factory.
        input_shape: ints (batch, …spatial, channels).
        classes: int, channels of the logits.
        output_shape: ints, shape of the logits if it is not (batch, …spatial, classes).
        dynamic_shape: bool, whether images of twice that size must work, too.

    Raises:
        ContractError: with every broken rule.

    Example:
        >>> from kseg.models import unet
        >>> check_model(unet, {"depth": 2, "filters": 2}, (2, 8, 8, 8, 1))
    """
    expected = (*input_shape[:-1], classes) if output_shape is None else tuple(output_shape)
    case = _Case(model_or_factory, dict(arguments or {}), tuple(input_shape), classes, expected)
    checks = [_logits, _heads, _deployment, _training_step, _saving]
    if dynamic_shape:
        checks.append(_other_sizes)
    if case.is_factory:
        checks += [_arguments, _names_of_weights, _seed, _precision]
    name = getattr(model_or_factory, "name", None) or model_or_factory.__name__
    enforce(name, case, checks)


@dataclass(frozen=True)
class _Case:
    """A model or a factory, and what to feed it."""

    subject: object
    arguments: dict
    input_shape: tuple[int, ...]
    classes: int
    output_shape: tuple[int, ...]

    @property
    def is_factory(self) -> bool:
        return not isinstance(self.subject, keras.Model)

    def make(self) -> keras.Model:
        if not self.is_factory:
            return self.subject
        model = self.subject(self.input_shape[-1], self.classes, **self.arguments)
        if not isinstance(model, keras.Model):
            raise TypeError(f"it must return a keras.Model. Received: {type(model).__name__}")
        return model

    def images(self, scale: int = 1) -> np.ndarray:
        batch, *space, channels = self.input_shape
        shape = (batch, *(scale * size for size in space), channels)
        return np.random.default_rng(0).normal(size=shape).astype("float32")

    def labels(self) -> np.ndarray:
        shape = self.output_shape[:-1]
        return np.random.default_rng(1).integers(0, self.classes, shape).astype("int32")


def _logits(case: _Case) -> Iterator[str]:
    output = case.make()(case.images())
    if not hasattr(output, "shape"):
        yield f"outside training it must give one tensor. Received: {type(output).__name__}"
        return
    if tuple(output.shape) != case.output_shape:
        yield f"its logits must have the shape {case.output_shape}. Received: {output.shape}"
    dtype = keras.backend.standardize_dtype(output.dtype)
    if dtype != "float32":
        yield f"its logits must be float32. Received: {dtype}"
    numbers = _numbers(output)
    if not np.isfinite(numbers).all():
        yield "its logits must be finite"
    sums = numbers.sum(axis=-1)
    if (numbers >= 0).all() and (np.allclose(sums, 1, atol=1e-3) or (numbers <= 1).all()):
        yield "its output must be logits: leave out the softmax or sigmoid at its end"


def _heads(case: _Case) -> Iterator[str]:
    heads = case.make()(case.images(), training=True)
    wanted = case.arguments.get("deep_supervision")
    if not isinstance(heads, dict):
        if wanted:
            yield f"in training it must give a dict of {wanted + 1} heads. Received: one tensor"
        return
    if wanted is not None and len(heads) != wanted + 1:
        yield f"in training it must give {wanted + 1} heads. Received: {list(heads)}"
    if next(iter(heads)) != MAIN_HEAD or tuple(heads[MAIN_HEAD].shape) != case.output_shape:
        yield f'its first head must be called "{MAIN_HEAD}" and have the shape {case.output_shape}'
    for name, head in heads.items():
        sizes = zip(case.output_shape[1:-1], head.shape[1:-1], strict=True)
        if head.shape[-1] != case.classes or any(full % part for full, part in sizes):
            yield f"the size of each head must divide the output's. {name}: {tuple(head.shape)}"


def _deployment(case: _Case) -> Iterator[str]:
    model = case.make()
    if not isinstance(model(case.images(), training=True), dict):
        return
    if not hasattr(model, "deployable"):
        yield "a model of several heads must have deployable(), which leaves the main one"
        return
    deployed = model.deployable()(case.images())
    if not np.allclose(_numbers(deployed), _numbers(model(case.images())), **CLOSE):
        yield "deployable() must give the same logits"


def _training_step(case: _Case) -> Iterator[str]:
    model = _compiled(case)
    before = [_numbers(weight) for weight in model.trainable_weights]
    logs = model.train_on_batch(case.images(), case.labels(), return_dict=True)
    if not np.isfinite(logs["loss"]):
        yield f"the loss of a training step must be finite. Received: {logs['loss']}"
    after = {weight.path: _numbers(weight) for weight in model.trainable_weights}
    broken = [path for path, numbers in after.items() if not np.isfinite(numbers).all()]
    if broken:
        yield f"a training step must keep weights finite. Broken: {', '.join(broken)}"
    same = [
        path for old, (path, new) in zip(before, after.items(), strict=True) if (old == new).all()
    ]
    if len(same) == len(before):
        yield "a training step must change its weights"


def _saving(case: _Case) -> Iterator[str]:
    model = _compiled(case)
    model.train_on_batch(case.images(), case.labels())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        again = keras.saving.load_model(path)
    if not np.allclose(_numbers(model(case.images())), _numbers(again(case.images())), **CLOSE):
        yield "it must give the same logits after it was saved and loaded"
    if not isinstance(again.loss, CombinedLoss):
        yield "it must come back from its file compiled with its loss"
        return
    losses = [
        each.test_on_batch(case.images(), case.labels(), return_dict=True)["loss"]
        for each in (model, again)
    ]
    if not np.isclose(*losses, rtol=1e-4):
        yield f"its loss must be the same after it was saved and loaded: {losses}"


def _other_sizes(case: _Case) -> Iterator[str]:
    output = case.make()(case.images(scale=2))
    batch, *space, classes = output.shape
    if any(size < before for size, before in zip(space, case.output_shape[1:-1], strict=True)):
        yield f"an image of twice the size must not give fewer logits. Received: {output.shape}"
    if case.output_shape[1:-1] == case.input_shape[1:-1]:
        expected = [2 * size for size in case.input_shape[1:-1]]
        if list(space) != expected:
            yield f"an image of twice the size must give logits of {expected}. Received: {space}"


def _arguments(case: _Case) -> Iterator[str]:
    try:
        through_json(case.arguments)
    except (TypeError, ValueError) as error:
        yield f"its arguments must be what JSON can hold, for a model folder: {error}"


def _names_of_weights(case: _Case) -> Iterator[str]:
    first, second = ([(w.path, tuple(w.shape)) for w in case.make().weights] for _ in range(2))
    if first != second:
        path = next((a[0] for a, b in zip(first, second) if a != b), "their number")
        yield f"weights must be called the same in every model: give each layer a name ({path})"
    if len({path for path, _ in first}) != len(first):
        yield "no two weights may have the same name"


def _seed(case: _Case) -> Iterator[str]:
    made = []
    for _ in range(2):
        keras.utils.set_random_seed(1)
        made.append([_numbers(weight) for weight in case.make().weights])
    if not all(np.array_equal(a, b) for a, b in zip(*made, strict=True)):
        yield "the same seed of Keras must give the same weights"


def _precision(case: _Case) -> Iterator[str]:
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield from (f"in mixed precision {sentence}" for sentence in _logits(case))


def _compiled(case: _Case) -> keras.Model:
    model = case.make()
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=CombinedLoss([(WeightedCrossEntropy(), 1.0), (SoftDice(), 1.0)]),
        metrics=[CaseDice()],
        run_eagerly=True,
        jit_compile=False,
    )
    return model


def _numbers(tensor) -> np.ndarray:
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))
