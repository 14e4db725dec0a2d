"""All augmentations of a patch, in their order."""

from dataclasses import dataclass

import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.augment.affine import Affine
from kseg.patches.augment.blur import Blur
from kseg.patches.augment.brightness import Brightness
from kseg.patches.augment.contrast import Contrast
from kseg.patches.augment.flip import Flip
from kseg.patches.augment.gamma import Gamma
from kseg.patches.augment.lowres import Lowres
from kseg.patches.augment.noise import Noise
from kseg.patches.augment.plugged import PluggedStep
from kseg.patches.seeds import Purpose


@dataclass(frozen=True)
class Augmentation:
    """Which augmentations are applied, each with its settings; None leaves one out.

    The order of the fields is the order of application, but for `flip`, which comes last of
    kseg's own. Leaving one of these out does not change what is drawn for the others.

    Args:
        flip: mirroring.
        affine: rotation and scaling.
        noise: Gaussian noise.
        blur: Gaussian blur.
        brightness: multiplicative brightness.
        contrast: contrast about the mean.
        lowres: simulated low resolution.
        gamma: power law on the grey scale.
        plugged: steps of other packages, after all others, in this order.

    Example:
        >>> Augmentation(flip=Flip()).gamma is None
        True
    """

    flip: Flip | None = None
    affine: Affine | None = None
    noise: Noise | None = None
    blur: Blur | None = None
    brightness: Brightness | None = None
    contrast: Contrast | None = None
    lowres: Lowres | None = None
    gamma: Gamma | None = None
    plugged: tuple[PluggedStep, ...] = ()


def augment_patch(image, labels, augmentation: Augmentation, key) -> tuple[tf.Tensor, tf.Tensor]:
    """Change intensities, mirror, and do what other packages bring, in this order.

    Rotation and scaling happen where the patch is read.

    Args:
        image: float32 (z, y, x, channels), of a known shape.
        labels: uint8 (z, y, x).
        augmentation: what to apply.
        key: int64 scalar, the sample's key, see `seeds.sample_key`.

    Returns:
        Image and labels of the same shapes.

    Reference:
        Isensee et al., nnU-Net, Nature Methods 2021, arXiv:1904.08128, supplement, for the order.

    Example:
        >>> image, labels = tf.ones((2, 2, 2, 1)), tf.zeros((2, 2, 2), tf.uint8)
        >>> augment_patch(image, labels, Augmentation(), 5)[0] is image
        True
    """
    steps = (
        (augmentation.noise, Purpose.NOISE),
        (augmentation.blur, Purpose.BLUR),
        (augmentation.brightness, Purpose.BRIGHTNESS),
        (augmentation.contrast, Purpose.CONTRAST),
        (augmentation.lowres, Purpose.LOWRES),
        (augmentation.gamma, Purpose.GAMMA),
    )
    for step, purpose in steps:
        if step is not None:
            image = tf.ensure_shape(step(image, seeds.purpose_seed(key, purpose)), image.shape)
    if augmentation.flip is not None:
        seed = seeds.purpose_seed(key, Purpose.FLIP)
        image, labels = augmentation.flip(image, labels, seed)
    for place, step in enumerate(augmentation.plugged):
        image, labels = step(image, labels, seeds.purpose_seed(key, Purpose.PLUGGED + place))
    return image, labels
