"""Mirroring along chosen axes, and which axes the label names allow."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.checks import AXES, check_axes, check_probability

_SIDES = {
    "left": "right",
    "l": "r",
    "lt": "rt",
    "lh": "rh",
    "sin": "dex",
    "links": "rechts",
    "linke": "rechte",
}
_OTHER_SIDE = _SIDES | {right: left for left, right in _SIDES.items()}


@dataclass(frozen=True)
class Flip:
    """Mirror the patch along each of `axes` with the given probability, independently.

    Args:
        probability: float in [0, 1], for each axis.
        axes: names among "z", "y", "x". In kseg's arrays x runs from left to right: leave it out
            where labels come in left/right pairs, see `mirror_axes`.

    Raises:
        ValueError: if a value is out of its range.

    Example:
        >>> Flip(axes=("z", "y")).probability
        0.5
    """

    probability: float = 0.5
    axes: tuple[str, ...] = AXES

    def __post_init__(self):
        check_probability("probability", self.probability)
        check_axes("axes", self.axes)

    def __call__(self, image, labels, seed) -> tuple[tf.Tensor, tf.Tensor]:
        """Mirror image and labels alike.

        Args:
            image: float32 (z, y, x, channels).
            labels: uint8 (z, y, x).
            seed: int64 tensor (2,).

        Returns:
            Image and labels of the same shapes.

        Example:
            >>> image, labels = tf.zeros((1, 1, 2, 1)), tf.constant([[[0, 1]]])
            >>> _, labels = Flip(1.0, ("x",))(image, labels, [1, 2])
            >>> labels.numpy().tolist()
            [[[1, 0]]]
        """
        # All 3 are drawn always, so that an axis' draw does not depend on which others take part.
        (drawn,) = seeds.uniforms(seed, (3,))
        mirrored = (drawn < self.probability) & tf.constant([axis in self.axes for axis in AXES])
        image = tf.raw_ops.Reverse(tensor=image, dims=tf.concat([mirrored, [False]], axis=0))
        return image, tf.raw_ops.Reverse(tensor=labels, dims=mirrored)


def mirror_axes(label_names: Sequence[str]) -> tuple[str, ...]:
    """Return the axes along which mirroring keeps every label's name true.

    Left/right (x) is left out if two labels differ only in the side they name, as "kidney_left"
    and "kidney_right", "hippocampus L" and "hippocampus R", or "LV" and "RV".

    Args:
        label_names: names of all labels.

    Returns:
        ("z", "y") or ("z", "y", "x").

    Example:
        >>> mirror_axes(["background", "left kidney", "right kidney"])
        ('z', 'y')
        >>> mirror_axes(["background", "liver"])
        ('z', 'y', 'x')
    """
    names = {_words(name) for name in label_names}
    return (
        AXES[:2] if any(other in names for name in names for other in _other_sides(name)) else AXES
    )


def _other_sides(name: str) -> set[str]:
    """Return what the label of the other side would be called: a side begins or ends a word."""
    found = set()
    for side, other in _OTHER_SIDE.items():
        found.add(re.sub(rf"\b{side}", other, name))
        found.add(re.sub(rf"{side}\b", other, name))
    return found - {name}


def _words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word)
