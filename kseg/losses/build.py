"""The loss of a recipe, from plain arguments."""

from collections.abc import Mapping

from kseg.losses.combined import CombinedLoss
from kseg.losses.cross_entropy import WeightedCrossEntropy
from kseg.losses.dice import SoftDice
from kseg.losses.focal import FocalCrossEntropy
from kseg.losses.top_k import TopKCrossEntropy
from kseg.losses.tversky import Tversky
from kseg.plugins import bind_arguments, find_component

TERMS = {
    "cross_entropy": WeightedCrossEntropy,
    "dice": SoftDice,
    "tversky": Tversky,
    "focal": FocalCrossEntropy,
    "top_k": TopKCrossEntropy,
}


def build(
    terms: Mapping[str, Mapping[str, object] | None], ignore_label: int | None = None
) -> CombinedLoss:
    """Make the sum of losses that a recipe asks for.

    Args:
        terms: for each of `cross_entropy`, `dice`, `tversky`, `focal` and `top_k` the arguments of
            its loss and its `weight` in the sum, 1 where not given; `None` leaves a term out. Under
            `plugins` terms of other packages: for each a mapping of `name`, `weight` and `args`.
            Class weights measured on the data set come as numbers: a loss does not see the data
            set.
        ignore_label: label whose voxels all terms leave out.

    Returns:
        `CombinedLoss`, its terms in the order above, then those of other packages.

    Raises:
        RecipeError: if there is no such term of another package, or it does not take its arguments.
        ValueError: if there is no term, one has an unknown name, or an argument is refused by its
            loss.

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
        try:
            loss = TERMS[name](**arguments, ignore_label=ignore_label)
        except TypeError as error:
            raise ValueError(
                f"`terms` must give `{name}` arguments of {TERMS[name].__name__}. "
                f"Received: {arguments}"
            ) from error
        pairs.append((loss, weight))
    pairs += [(_from_package(term, ignore_label), term["weight"]) for term in plugins.values()]
    return CombinedLoss(pairs)


def _from_package(term: Mapping[str, object], ignore_label: int | None):
    """Return the loss of another package; it must know of an ignore label if there is one."""
    component = find_component("losses", term["name"])
    label = {} if ignore_label is None else {"ignore_label": ignore_label}
    arguments = {**term["args"], **label}
    bind_arguments(component, arguments)
    return component.load()(**arguments)
