"""From the recipe's loss section to a Keras loss."""

from collections.abc import Mapping, Sequence

import keras

from kseg.losses import build
from kseg.losses.class_weights import measured_class_weights
from kseg.preprocess import CachedCase
from kseg.recipe import LossSection
from kseg.workflow.metrics import NOTHING


def make_loss(
    section: LossSection, class_weights, told: Mapping[str, object] = NOTHING
) -> keras.losses.Loss:
    """Return the loss of a recipe.

    Args:
        section: `LossSection`.
        class_weights: what `resolve_class_weights` returned: one float a class for the terms that
            ask for weights of the data set, `"none"` where none does.
        told: what `told_of` returned, of regions and of a label to ignore.

    Returns:
        Keras loss of logits and integer labels.

    Raises:
        ValueError: if a term asks for weights of the data set and there are none.
    """
    terms = section.model_dump()
    for key, wanted in section.class_weights().items():
        if wanted == "dataset":
            if isinstance(class_weights, str):
                raise ValueError(
                    "`class_weights` must be measured by `resolve_class_weights` where the recipe "
                    f"says dataset. Received: class_weights={class_weights!r}"
                )
            terms[key]["class_weights"] = class_weights
    return build(terms, **told)


def resolve_class_weights(section: LossSection, cases: Sequence[CachedCase]):
    """Measure the class weights of the data set where a term of the recipe asks for them.

    Args:
        section: `LossSection`.
        cases: cached training cases.

    Returns:
        A tuple of one float a class: 1 - its share of all voxels, at least 0.01; or `"none"` where
        no term asks for them.
    """
    if "dataset" not in section.class_weights().values():
        return "none"
    counts = zip(*(case.label_counts for case in cases), strict=True)
    return measured_class_weights([sum(count) for count in counts])
