"""What no number of an evaluation covers, for `summary.json`."""

from dataclasses import dataclass

from kseg.evaluate.judge import CaseNote, Failure


@dataclass(frozen=True)
class LeftOut:
    """What was not judged of one prediction, and what must be known of what was.

    Args:
        missing: tuple of str, ids of the cases without a predicted mask.
        unused: tuple of str, names of the predicted masks without a true one.
        failed: tuple of `Failure`.
        notes: tuple of `CaseNote`.

    Example:
        >>> LeftOut(missing=("a",)).to_dict()
        {'missing': ['a'], 'unused': [], 'failed': [], 'notes': []}
    """

    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    notes: tuple[CaseNote, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {
            "missing": list(self.missing),
            "unused": list(self.unused),
            "failed": [failure.to_dict() for failure in self.failed],
            "notes": [{"case": note.case, "note": note.why} for note in self.notes],
        }


@dataclass(frozen=True)
class Against:
    """The other prediction of a comparison.

    Args:
        name: str.
        cases: int, how many of its cases could be judged.
        left_out: `LeftOut`.

    Example:
        >>> Against("theirs", 40, LeftOut()).to_dict()["name"]
        'theirs'
    """

    name: str
    cases: int
    left_out: LeftOut

    def to_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {"name": self.name, "cases": self.cases, **self.left_out.to_dict()}
