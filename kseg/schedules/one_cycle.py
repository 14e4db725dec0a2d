"""One rise and one long fall of the learning rate."""

import math

import keras
from keras import ops

from kseg.schedules.warmup import TimedWarmupSchedule, positive_number

CURVES = ("cosine", "linear")
# The factor that the rate keeps at the end is no smaller than the floor of every timed schedule.
LARGEST_FACTOR = 1e6


@keras.saving.register_keras_serializable("kseg")
class OneCycle(TimedWarmupSchedule):
    r"""Let the rate rise to its height over the first share of the training, then fall for good.

    With :math:`d = t / \mathrm{total\_steps}`, the share of the steps that are done, the factor of
    the learning rate rises from :math:`1 / \mathrm{start\_factor}` at :math:`d = 0` to 1 at
    :math:`d = \mathrm{rise\_share}`, and falls from there to :math:`1 / \mathrm{final\_factor}` at
    :math:`d = 1`, each along a straight line or half a cosine. The rise is a warm-up already: there
    is no other.

    Args:
        learning_rate: float, the rate at the height of the cycle.
        total_steps: int, updates of the whole training; `set_total_steps` changes it later.
        rise_share: float between 0 and 1, share of the steps in which the rate rises.
        start_factor: float of 1 or more, by which the first rate is below the highest.
        final_factor: float of 1 or more, by which the last rate is below the highest.
        curve: `"cosine"` or `"linear"`, form of the rise and of the fall.

    Raises:
        ValueError: if an argument is not as above, or a factor is above 1e6.

    Example:
        >>> schedule = OneCycle(1.0, total_steps=100, rise_share=0.2, curve="linear")
        >>> [round(float(schedule(t)), 4) for t in (0, 10, 20, 60, 100)]
        [0.04, 0.52, 1.0, 0.5, 0.0001]

    Reference:
        Smith, A disciplined approach to neural network hyper-parameters: part 1, 2018,
        arXiv:1803.09820 (section 4; straight lines there).
    """

    def __init__(
        self,
        learning_rate: float,
        *,
        total_steps: int,
        rise_share: float = 0.3,
        start_factor: float = 25.0,
        final_factor: float = 1e4,
        curve: str = "cosine",
    ):
        super().__init__(learning_rate, total_steps=total_steps)
        self.rise_share = positive_number("rise_share", rise_share)
        if self.rise_share >= 1:
            raise ValueError(f"`rise_share` must be below 1. Received: rise_share={rise_share}")
        self.start_factor = _checked_factor("start_factor", start_factor)
        self.final_factor = _checked_factor("final_factor", final_factor)
        if curve not in CURVES:
            raise ValueError(f"`curve` must be one of {CURVES}. Received: curve={curve!r}")
        self.curve = curve

    def shape(self, done):
        """Return the factor for a share of the training.

        Args:
            done: float32 scalar tensor, 0 to 1.

        Returns:
            float32 scalar tensor, 0 to 1.
        """
        rising = self._height(done / self.rise_share, self.start_factor)
        # Counted from the end, so that the smallest rates are exact to the last digit.
        falling = self._height((1.0 - done) / (1.0 - self.rise_share), self.final_factor)
        return ops.minimum(rising, falling)

    def _height(self, share, factor: float):
        """Return the factor after a share of the way from 1 / factor up to 1."""
        share = ops.minimum(share, 1.0)
        if self.curve == "cosine":
            # (1 - cos(pi x)) / 2, without the difference that loses the digits of a small x.
            share = ops.square(ops.sin(0.5 * math.pi * share))
        return 1.0 / factor + (1.0 - 1.0 / factor) * share

    def get_config(self) -> dict:
        """Return the arguments that make an equal schedule.

        Returns:
            Dict of plain values.
        """
        config = super().get_config()
        del config["warmup_steps"]
        return {
            **config,
            "rise_share": self.rise_share,
            "start_factor": self.start_factor,
            "final_factor": self.final_factor,
            "curve": self.curve,
        }


def _checked_factor(name: str, value: float) -> float:
    factor = positive_number(name, value)
    if not 1 <= factor <= LARGEST_FACTOR:
        raise ValueError(f"`{name}` must be from 1 to {LARGEST_FACTOR:g}. Received: {name}={value}")
    return factor
