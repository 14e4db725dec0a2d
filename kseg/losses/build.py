"""The loss of a recipe, from plain arguments."""

from collections.abc import Mapping, Sequence

import keras

from kseg.errors import KsegError, RecipeError
from kseg.losses.combined import CombinedLoss
from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.dice import SoftDice
from kseg.losses.focal import FocalCrossEntropy
from kseg.losses.region_cross_entropy import RegionCrossEntropy
from kseg.losses.top_k import TopKCrossEntropy
from kseg.losses.tversky import Tversky
from kseg.plugins import Component, bind_arguments, find_component

TERMS = {
    "cross_entropy": WeightedCrossEntropy,
    "dice": SoftDice,
    "tversky": Tversky,
    "focal": FocalCrossEntropy,
    "top_k": TopKCrossEntropy,
}
# Those that have a form for regions that may overlap.
REGION_TERMS = {"cross_entropy": RegionCrossEntropy, "dice": SoftDice, "tversky": Tversky}


def build(
    terms: Mapping[str, Mapping[str, object] | None],
    ignore_label: int | None = None,
    regions: Sequence[Sequence[int]] | None = None,
) -> CombinedLoss:
    """Make the sum of losses that a recipe asks for.

    Args:
        terms: for each of `cross_entropy`, `dice`, `tversky`, `focal` and `top_k` the arguments of
            its loss and its `weight` in the sum, 1 where not given; `None` leaves a term out. Under
            `plugins` terms of other packages: for each a mapping of `name`, `weight` and `args`.
            Class weights measured on the data set come as numbers: a loss does not see the data
            set.
        ignore_label: label whose voxels all terms leave out.
        regions: sequences of labels, one region a channel of the logits, which may overlap; the
            cross-entropy is then `RegionCrossEntropy`, its class weights one number a region. None
            for classes that exclude each other.

    Returns:
        `CombinedLoss`, its terms in the order above, then those of other packages.

    Raises:
        RecipeError: if there is no such term of another package, it does not take its arguments
            (`regions` among them, where there are some), or its code fails.
        ValueError: if there is no term, one has an unknown name or no form for regions, or an
            argument is refused by its loss.

    Example:
        >>> loss = build({"dice": {"weight": 2.0}, "cross_entropy": {"class_weights": "batch"}})
        >>> [(term.name, weight) for term, weight in loss.terms]
        [('cross_entropy', 1.0), ('soft_dice', 2.0)]
    """
    plugins = terms.get("plugins") or {}
    unknown = sorted(terms.keys() - TERMS.keys() - {"plugins"})
    given = {name: terms[name] for name in TERMS if terms.get(name) is not None}
    if unknown or not (given or plugins):
        raise ValueError(
            f"`terms` must hold one or more of {', '.join(TERMS)}. Received: terms={dict(terms)}"
        )
    pairs = []
    for name, arguments in given.items():
        arguments = dict(arguments)
        weight = arguments.pop("weight", 1.0)
        if arguments.get("class_weights") == "none":
            arguments["class_weights"] = None
        make = TERMS[name]
        if regions is not None:
            make, arguments = _of_regions(name, arguments, regions)
        try:
            loss = make(**arguments, ignore_label=ignore_label)
        except TypeError as error:
            raise ValueError(
                f"`terms` must give `{name}` arguments of {make.__name__}. Received: {arguments}"
            ) from error
        pairs.append((loss, weight))
    told = {} if ignore_label is None else {"ignore_label": ignore_label}
    told |= {} if regions is None else {"regions": regions}
    pairs += [(_from_package(term, told), term["weight"]) for term in plugins.values()]
    return CombinedLoss(pairs)


def _of_regions(name: str, arguments: dict[str, object], regions) -> tuple[type, dict]:
    """Return the class and the arguments of a term for regions."""
    if name not in REGION_TERMS:
        raise ValueError(
            f"`terms` must be among {', '.join(REGION_TERMS)} with `regions`. Received: {name}"
        )
    arguments = {**arguments, "regions": regions}
    if "class_weights" in arguments:
        arguments["region_weights"] = arguments.pop("class_weights")
    return REGION_TERMS[name], arguments


def _from_package(term: Mapping[str, object], told: Mapping[str, object]):
    """Return the loss of another package; it must know of what it is told of the labels."""
    component = find_component("losses", term["name"])
    arguments = {**told, **term["args"]}
    bind_arguments(component, arguments)
    try:
        loss = component.load()(**arguments)
    except KsegError:
        raise
    except Exception as error:
        # Other people's code may fail in any way; the person must learn whose it was.
        reason = f"cannot be made so: {type(error).__name__}: {error}"
        raise _refused(component, reason) from error
    if not isinstance(loss, keras.losses.Loss):
        raise _refused(component, f"must be a keras.losses.Loss. Received: {loss!r:.80}")
    return loss


def _refused(component: Component, reason: str) -> RecipeError:
    return RecipeError(
        why=f"loss.plugins: the loss `{component.name}` of {component.origin} {reason}",
        fix="correct its arguments, or choose another loss",
        code="KS-F10",
    )
