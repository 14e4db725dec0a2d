"""How far chance may have moved a mean: intervals by drawing subjects again and again."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
# With fewer, an interval would look more certain than it is.
FEWEST = 5
_TAIL = 0.025


@dataclass(frozen=True)
class ResampledMeans:
    """Means over cases, and the same means over subjects drawn with replacement.

    All arrays but for their first axis have the shape of what was averaged, here called columns.

    Args:
        mean: array (columns), NaN where a column has no value.
        drawn: array (resamples, columns), the mean of each resample.
        influence: array (subjects, columns), how much each subject pulls at the mean.
        has_value: bool array (cases, columns).
        subject_has_value: bool array (subjects, columns).
        parts_are_enough: bool array (columns), whether what a column was averaged from has enough
            cases and subjects; None where columns are averages of cases alone.
    """

    mean: np.ndarray
    drawn: np.ndarray
    influence: np.ndarray
    has_value: np.ndarray
    subject_has_value: np.ndarray
    parts_are_enough: np.ndarray | None = None

    @property
    def cases(self) -> np.ndarray:
        """Cases that have a value, by column."""
        return self.has_value.sum(axis=0)

    def averaged(self) -> "ResampledMeans":
        """Return the mean over the first axis of the columns, drawn jointly.

        A resample that misses one of the columns has no mean: over the others it would be a mean
        of something else. Where a column has too few cases for an interval, so has the mean.
        """
        missed = (np.isnan(self.drawn) & ~np.isnan(self.mean)).any(axis=1, keepdims=True)
        return ResampledMeans(
            _mean_of_present(self.mean, 0),
            _mean_of_present(np.where(missed, np.nan, self.drawn), 1),
            _mean_of_present(self.influence, 1),
            self.has_value.any(axis=1),
            self.subject_has_value.any(axis=1),
            (self.are_enough | np.isnan(self.mean)).all(axis=0),
        )

    @property
    def are_enough(self) -> np.ndarray:
        """Whether cases and subjects suffice for an interval, by column."""
        subjects = self.subject_has_value.sum(axis=0)
        enough = (self.cases >= FEWEST) & (subjects >= FEWEST)
        return enough if self.parts_are_enough is None else enough & self.parts_are_enough

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and upper limit of the 95 % interval of each column's mean.

        Bias-corrected and accelerated, which skewed scores need (many good cases, few failures),
        and expanded, because percentiles of few subjects lie too close together: the normal
        quantile is replaced by sqrt(n / (n - 1)) times Student's with n - 1 degrees of freedom.
        Limits never leave the range of the scores, so an interval knows only the failures that
        it has seen: of studies with 40 cases, one in eight meets none of a 5 % that fail, and no
        resampling tells. NaN under 5 cases or 5 subjects.

        Returns:
            two arrays (columns).

        Example:
            >>> values = np.linspace(0.5, 0.9, 20)
            >>> low, high = resample_means(values, [str(n) for n in range(20)]).interval()
            >>> low.round(2), high.round(2)
            (np.float64(0.64), np.float64(0.76))

        Reference:
            Efron, Better bootstrap confidence intervals, JASA 82, 1987. Hesterberg, What teachers
            should know about the bootstrap, The American Statistician 69, 2015, arXiv:1411.5279.
        """
        # Half a second that only those pay who want an interval.
        from scipy.special import ndtr

        subjects = self.subject_has_value.sum(axis=0)
        reach = _expanded_reach(np.maximum(subjects, FEWEST))
        bias, acceleration = _bias(self.mean, self.drawn), _acceleration(self.influence)
        limits = []
        for shifted in (bias - reach, bias + reach):
            share = ndtr(bias + shifted / (1 - acceleration * shifted))
            limits.append(np.where(self.are_enough, _quantile(self.drawn, share), np.nan))
        return limits[0], limits[1]


def resample_means(values: np.ndarray, subjects: Sequence[str], *, seed: int = 0) -> ResampledMeans:
    """Average over cases, once as they are and 2000 times over subjects drawn anew.

    Subjects are drawn, not cases: two scans of one person are not two witnesses. Every column is
    averaged over the same draws, so that columns can be averaged in turn.

    Args:
        values: array (cases, columns); any number of axes after the first. What is not finite
            counts as missing.
        subjects: the subject of each case.
        seed: int, seed of the draws.

    Returns:
        `ResampledMeans`.

    Raises:
        ValueError: if there is not one subject for each case.

    Example:
        >>> resample_means(np.array([[0.8, 0.5], [0.6, np.nan]]), ["a", "b"]).mean
        array([0.7, 0.5])

    Reference:
        Field and Welsh, Bootstrapping clustered data, JRSS B 69, 2007.
    """
    if len(values) != len(subjects):
        raise ValueError(
            f"`subjects` must name one subject for each of {len(values)} cases."
            f" Received: {len(subjects)}."
        )
    shape = values.shape[1:]
    flat = values.reshape(len(values), math.prod(shape))
    present = np.isfinite(flat)
    number = {name: index for index, name in enumerate(dict.fromkeys(subjects))}
    codes = [number[name] for name in subjects]
    sums, counts = np.zeros((2, len(number), flat.shape[1]))
    np.add.at(sums, codes, np.where(present, flat, 0.0))
    np.add.at(counts, codes, present)
    mean = _ratio(sums.sum(axis=0), counts.sum(axis=0))
    weights = _draws(len(number), seed)
    # Where no subject has a value there is no mean to pull at.
    influence = np.where(np.isnan(mean), np.nan, sums - mean * counts)
    return ResampledMeans(
        mean.reshape(shape),
        _ratio(weights @ sums, weights @ counts).reshape(RESAMPLES, *shape),
        _ratio(influence, counts.sum(axis=0)).reshape(len(number), *shape),
        present.reshape(values.shape),
        (counts > 0).reshape(len(number), *shape),
    )


def _draws(subjects: int, seed: int) -> np.ndarray:
    """Draw how often each subject is taken in each resample."""
    if subjects == 0:
        return np.zeros((RESAMPLES, 0))
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(subjects, np.full(subjects, 1 / subjects), RESAMPLES)
    return drawn.astype(float)


def _expanded_reach(subjects: np.ndarray) -> np.ndarray:
    """Return how many standard errors of the bootstrap a limit lies from the mean."""
    from scipy.special import stdtrit

    return np.sqrt(subjects / (subjects - 1)) * stdtrit(subjects - 1, 1 - _TAIL)


def _bias(mean: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return the normal quantile of the share of resamples below the mean; ties count half."""
    from scipy.special import ndtri

    tied = np.isclose(drawn, mean, rtol=1e-12, atol=1e-12)
    below = ((drawn < mean) & ~tied).sum(axis=0) + tied.sum(axis=0) / 2
    share = _ratio(below, (~np.isnan(drawn)).sum(axis=0))
    return ndtri(np.clip(share, 0.5 / RESAMPLES, 1 - 0.5 / RESAMPLES))


def _acceleration(influence: np.ndarray) -> np.ndarray:
    """Return a sixth of the skewness of the mean; 0 where all subjects are alike."""
    largest = np.abs(np.nan_to_num(influence)).max(axis=0, initial=0.0)
    # Where all scores are equal, rounding leaves a trace of influence that must not be scaled up.
    pull = np.nan_to_num(_ratio(influence, np.where(largest > 1e-12, largest, 0.0)))
    cubes, squares = (pull**3).sum(axis=0), (pull**2).sum(axis=0)
    return np.nan_to_num(_ratio(cubes, 6 * squares**1.5))


def _quantile(drawn: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return a quantile of its own for each column, between neighbours by straight lines."""
    ordered = np.sort(drawn, axis=0)  # NaN last
    last = np.maximum((~np.isnan(drawn)).sum(axis=0) - 1, 0)
    place = np.nan_to_num(np.clip(share, 0.0, 1.0)) * last
    floor = np.floor(place).astype(int)
    below = np.take_along_axis(ordered, floor[None], axis=0)[0]
    above = np.take_along_axis(ordered, np.minimum(floor + 1, last)[None], axis=0)[0]
    return below + (place - floor) * (above - below)


def _mean_of_present(array: np.ndarray, axis: int) -> np.ndarray:
    return _ratio(np.nansum(array, axis=axis), (~np.isnan(array)).sum(axis=axis))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    result = np.full(np.broadcast_shapes(np.shape(above), np.shape(below)), np.nan)
    np.divide(above, below, out=result, where=np.asarray(below) > 0)
    return result
