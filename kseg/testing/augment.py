"""The contract of a step of augmentation."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kseg.testing.contract import enforce


def check_augment(
    step_class: Callable[..., Callable],
    arguments: Mapping[str, object] | None = None,
    size_zyx: Sequence[int] = (6, 8, 10),
    *,
    channels: Sequence[int] = (1, 2),
    labels: int = 3,
) -> None:
    """Run the whole contract of a step of augmentation on a class, or on a function that makes one.

    `step_class(**arguments)` gives a function of (image, labels, seed): float32
    (z, y, x, channels), uint8 (z, y, x), int64 (2,). It returns image and labels of the same shapes
    and types; it can be traced into a graph without Python's branches on values; it keeps no
    state, and gives the same bits for the same patch and seed whenever it is traced; it makes
    neither labels that the patch does not hold nor numbers that are not finite, also of a patch
    with one grey value and one label; its arguments are what a recipe can hold.

    Args:
        step_class: the class or function.
        arguments: mapping of its arguments.
        size_zyx: 3 ints, voxels of the patches it is tried on.
        channels: ints, numbers of channels it is tried with.
        labels: int, label values of these patches.

    Raises:
        ContractError: with every broken rule.

    Example:
        >>> def make(): return lambda image, labels, seed: (-image, labels)
        >>> check_augment(make)
    """
    case = _Case(step_class, dict(arguments or {}), tuple(size_zyx), tuple(channels), labels)
    enforce(step_class.__name__, case, [_arguments, _patches])


@dataclass(frozen=True)
class _Case:
    """A class, how to make steps of it, and what to feed them."""

    step_class: Callable
    arguments: dict
    size_zyx: tuple[int, ...]
    channels: tuple[int, ...]
    labels: int


def _arguments(case: _Case) -> Iterator[str]:
    try:
        json.dumps(case.arguments)
    except (TypeError, ValueError) as error:
        yield f"its arguments must be what a recipe can hold: {error}"


def _patches(case: _Case) -> Iterator[str]:
    # Inside: steps run in TensorFlow alone, the other contracts on every backend of Keras.
    from kseg.patches import PluggedStep, contract_faults

    for channels in case.channels:
        step = PluggedStep(case.step_class.__name__, case.step_class(**case.arguments))
        yield from contract_faults(step, case.size_zyx, channels, case.labels)
