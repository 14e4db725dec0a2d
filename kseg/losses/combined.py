"""A weighted sum of losses that is itself a loss."""

import math
from collections.abc import Sequence

import keras


@keras.saving.register_keras_serializable("kseg")
class CombinedLoss(keras.losses.Loss):
    """Add up losses of the same labels and logits, each with its weight.

    Each term must give one value per case, as the losses of kseg do. The terms' own reductions are
    not used: the sum is per case, and this loss reduces it. Terms that share work (softmax, masks)
    build the same graph for it, which TensorFlow merges; a fused version was not worth its code.

    Args:
        terms: sequence of (loss, weight) pairs; the loss is a `keras.losses.Loss`, the weight a
            positive number.
        reduction: how Keras joins the cases, `"sum_over_batch_size"` for their mean.
        name: name of the loss.

    Input shape:
        whatever the terms take

    Output shape:
        (cases,) before the reduction

    Raises:
        ValueError: if a term is no such pair, or gives more than one value per case.

    Example:
        >>> import numpy as np
        >>> from kseg.losses import SoftDice, WeightedCrossEntropy
        >>> loss = CombinedLoss([(WeightedCrossEntropy(), 1.0), (SoftDice(), 0.5)])
        >>> labels = np.array([[0, 0, 1, 1]])
        >>> logits = np.zeros((1, 4, 2), "float32")
        >>> round(float(loss(labels, logits)), 4)  # log(2) + 0.5 * 0.4
        0.8931
    """

    def __init__(
        self,
        terms: Sequence[tuple[keras.losses.Loss, float]],
        reduction: str | None = "sum_over_batch_size",
        name: str = "combined_loss",
    ):
        super().__init__(name=name, reduction=reduction, dtype="float32")
        self.terms = tuple(_checked_term(term) for term in terms)
        if not self.terms:
            raise ValueError(f"`terms` must hold one loss or more. Received: terms={terms}")

    def call(self, y_true, y_pred):
        """Return the weighted sum for each case.

        Args:
            y_true: labels, handed to each term.
            y_pred: logits, handed to each term.

        Returns:
            float32 tensor of shape (cases,).
        """
        total = 0.0
        for loss, weight in self.terms:
            values = loss.call(y_true, y_pred)
            if len(values.shape) != 1:
                raise ValueError(
                    "Each loss in `terms` must give one value per case. "
                    f"Received: {loss.name} with values of shape {tuple(values.shape)}"
                )
            total = total + weight * values
        return total

    def get_config(self) -> dict:
        """Return the arguments that make an equal loss, the terms serialised.

        Returns:
            Dict of plain values.
        """
        terms = [[keras.losses.serialize(loss), weight] for loss, weight in self.terms]
        return {**super().get_config(), "terms": terms}

    @classmethod
    def from_config(cls, config: dict) -> "CombinedLoss":
        """Make a loss from what `get_config` returned.

        Args:
            config: dict from `get_config`.

        Returns:
            The loss, with its terms.
        """
        terms = [(keras.losses.deserialize(loss), weight) for loss, weight in config["terms"]]
        return cls(**{**config, "terms": terms})


def _checked_term(term) -> tuple[keras.losses.Loss, float]:
    loss, weight = term
    if not isinstance(loss, keras.losses.Loss):
        raise ValueError(f"A loss in `terms` must be a keras.losses.Loss. Received: {loss}")
    if not (math.isfinite(weight) and weight > 0):
        raise ValueError(f"A weight in `terms` must be a positive number. Received: {weight}")
    return loss, float(weight)
