"""What is known of one trial, as it is kept on disk."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

FORMAT = 1
RUNNING, COMPLETED, PRUNED, FAILED = "running", "completed", "pruned", "failed"
STATUSES = (RUNNING, COMPLETED, PRUNED, FAILED)


@dataclass(frozen=True)
class TrialRecord:
    """One trial.

    Args:
        trial: int, its number, from 0, in the order in which trials were proposed.
        proposal: the oracle's own values, by which its memory is rebuilt.
        values: values of the recipe's keys.
        continues: int, number of the trial whose training it goes on with, or None.
        root: int, number of the trial whose folder holds the training.
        share_from: float, share of the training that was done before it.
        share_to: float, share of the training that is done at its end.
        asked: int, its place among all proposals and results of the search.
        told: int, the place of its result, or None while it runs.
        status: `"running"`, `"completed"`, `"pruned"` or `"failed"`.
        score: float, what the oracle was told, or None.
        reason: str, why it failed or was ended early, or None.
        metrics: measured numbers by name; None where there is none.
        curve: pairs of the share of the training and the objective there.
        seconds: float, how long it took, its attempts together.
        attempts: int, how often it was begun or gone on with.
        kills: int, how often it was killed from outside.
    """

    trial: int
    proposal: Mapping[str, Any]
    values: Mapping[str, Any]
    continues: int | None
    root: int
    share_from: float
    share_to: float
    asked: int
    told: int | None = None
    status: str = RUNNING
    score: float | None = None
    reason: str | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    curve: tuple[tuple[float, float], ...] = ()
    seconds: float = 0.0
    attempts: int = 0
    kills: int = 0

    @property
    def is_running(self) -> bool:
        """Whether it has no result yet."""
        return self.told is None

    @property
    def share_reached(self) -> float:
        """Share of the training that it came to; one that was ended early, as far as is known."""
        return self.curve[-1][0] if self.status == PRUNED and self.curve else self.share_to

    def changed(self, **changes: Any) -> "TrialRecord":
        """Return the record with some fields changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "TrialRecord":
        """Return the record that `to_dict` wrote.

        Args:
            data: plain data.

        Returns:
            `TrialRecord`.

        Raises:
            ValueError: if it is no such record.
        """
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError("it is no record of a trial")
        try:
            record = cls(**{key: value for key, value in data.items() if key != "format"})
        except TypeError as error:
            raise ValueError(f"it is no whole record of a trial ({error})") from error
        try:
            _check(record)
            # JSON has lists only.
            values = {key: _as_tuple(value) for key, value in record.values.items()}
            curve = tuple((float(share), float(value)) for share, value in record.curve)
        except (TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"its fields are not those of a trial ({error})") from error
        return replace(record, values=values, curve=curve)


def former_keys(records: Iterable[TrialRecord], space: Collection[str]) -> tuple[str, ...]:
    """Return the keys that trials have and the space, which was changed since, has no more.

    Args:
        records: trials.
        space: keys of the space of today.

    Returns:
        tuple of dotted keys, in the order of their trials.
    """
    return tuple(dict.fromkeys(key for r in records for key in r.values if key not in space))


def _check(record: TrialRecord) -> None:
    numbers = [record.trial, record.root, record.asked, record.attempts, record.kills]
    numbers += [number for number in (record.continues, record.told) if number is not None]
    shares = [record.share_from, record.share_to, record.seconds]
    shares += [number for number in (record.score, *record.metrics.values()) if number is not None]
    mappings = (record.proposal, record.values, record.metrics)
    if (
        record.status not in STATUSES
        or not all(type(number) is int for number in numbers)
        or not all(type(share) in (int, float) and math.isfinite(share) for share in shares)
        or not all(isinstance(mapping, dict) for mapping in mappings)
        or not all(map(_is_value, record.proposal.values()))
        # A choice may hold null; where in its list it stands never is.
        or not all(value is None or _is_value(value) for value in record.values.values())
        or not isinstance(record.reason, str | None)
    ):
        raise ValueError("its fields are not those of a trial")
    if not 0 <= record.share_from < record.share_to <= 1:
        raise ValueError("its shares of a training are none")
    if record.continues is not None and record.continues >= record.trial:
        raise ValueError("it goes on with a trial that came after it")
    if record.is_running != (record.status == RUNNING):
        raise ValueError("it has a result and no result")
    if (record.score is None) != (record.status in (RUNNING, FAILED)):
        raise ValueError("its score does not fit its status")


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_value, value))
    return isinstance(value, str | bool | int) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value
