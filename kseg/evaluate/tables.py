"""Write scores as the tables that a paper starts from, and read them back."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from kseg.errors import KsegError
from kseg.evaluate.comparison import ComparedLabel, Comparison
from kseg.evaluate.left_out import Against, LeftOut
from kseg.evaluate.score import EvaluateSettings, LabelScore
from kseg.evaluate.summary import Summary, summarise
from kseg.storage import remove_file, write_json, write_text

CASES_FILE = "cases.csv"
SUMMARY_FILE = "summary.json"
COMPARISON_TABLE = "comparison.csv"
COMPARISON_FILE = "comparison.json"
# Written by kseg.report beside the tables, and removed where they are replaced.
REPORT_FILE = "report.html"
_FIELDS = {field.name: field.type for field in fields(LabelScore)}
_PHANTOM = "phantom"


def write_tables(
    folder: str | Path,
    scores: Sequence[LabelScore],
    *,
    phantom: bool = False,
    seed: int = 0,
    settings: EvaluateSettings | None = None,
    comparison: Comparison | None = None,
    cases: int | None = None,
    left_out: LeftOut | None = None,
    against: Against | None = None,
) -> Summary:
    """Write `cases.csv`, a row for each label of each case, and `summary.json`.

    A measure without a meaning is blank, an infinite distance is `inf`. Each file is written
    whole or not at all, and equal scores give equal bytes. The comparison and the report of an
    earlier evaluation, which belong to other numbers, are removed.

    Args:
        folder: path of the folder; made if missing.
        scores: `LabelScore`s of all cases.
        phantom: bool, the cases are synthetic; each JSON file then says `"data": "phantom"`, and
            each table has a column `data` that says so too.
        seed: int, seed of the bootstrap.
        settings: `EvaluateSettings` of the scores, for the tolerance told in `summary.json`.
        comparison: `Comparison`; then `comparison.csv` and `comparison.json` are written too.
        cases: int, how many cases were judged; None counts those that have a score.
        left_out: `LeftOut`, for `summary.json`.
        against: `Against`, what the scores were compared with, for `summary.json`.

    Returns:
        the `Summary` that was written.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_tables(folder, [LabelScore("a", "p1", "liver", 0.9)]).mean_dice
        0.9
        >>> (folder / "cases.csv").read_text().splitlines()[1]
        'a,p1,liver,0.9,,,,,,,,,,,,,,0,0,0,0,0.0,0.0'
    """
    folder = Path(folder)
    summary = summarise(scores, phantom=phantom, seed=seed)
    summary = summary if cases is None else replace(summary, cases=cases)
    content = summary.to_dict(settings)
    content |= {} if left_out is None else left_out.to_dict()
    content |= {} if against is None else {"against": against.to_dict()}
    for name in (COMPARISON_TABLE, COMPARISON_FILE, REPORT_FILE):
        remove_file(folder / name)
    rows = ([getattr(score, name) for name in _FIELDS] for score in scores)
    write_text(folder / CASES_FILE, _csv(list(_FIELDS), rows, phantom))
    write_json(folder / SUMMARY_FILE, content)
    if comparison is not None:
        _write_comparison(folder, comparison, phantom)
    return summary


@dataclass(frozen=True)
class StoredScores:
    """What a `cases.csv` holds.

    Args:
        scores: tuple of `LabelScore`.
        phantom: bool, the table says that its cases are synthetic.
    """

    scores: tuple[LabelScore, ...]
    phantom: bool


def read_cases(path: str | Path) -> StoredScores:
    """Read a `cases.csv` back, exactly as it was written.

    Columns that an older table lacks are blank, and columns that kseg does not know are left
    alone. Without a column `subject` each case is a subject of its own.

    Args:
        path: path of the table.

    Returns:
        `StoredScores`.

    Raises:
        KsegError: KS-V20 if it is no such table: columns are missing, a number is none, a label
            of a case comes twice.
        OSError: if the file cannot be read.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> score = LabelScore("a", "p1", "liver", 0.9, hd_mm=math.inf)
        >>> _ = write_tables(folder, [score], phantom=True)
        >>> stored = read_cases(folder / "cases.csv")
        >>> stored.scores[0].hd_mm, stored.phantom
        (inf, True)
    """
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, strict=True)
            if not {"case", "label"} <= set(rows.fieldnames or ()):
                raise _refused(path, f"it has the columns {', '.join(rows.fieldnames or ['none'])}")
            return _stored(path, rows)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(path, str(error)) from error


def _stored(path: str | Path, rows: csv.DictReader) -> StoredScores:
    scores: dict[tuple[str, str], LabelScore] = {}
    phantom = False
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise _refused(path, f"row {number} has more or fewer cells than the heading")
        values = {name: row[name] for name in _FIELDS if name in row}
        values.setdefault("subject", values["case"])
        try:
            score = LabelScore(**{name: _parsed(name, text) for name, text in values.items()})
        except ValueError as error:
            raise _refused(path, f"row {number}: {error}") from error
        key = (score.case, score.label)
        if key in scores:
            raise _refused(path, f"row {number}: {score.label!r} of {score.case!r} comes twice")
        scores[key] = score
        phantom = phantom or row.get("data") == _PHANTOM
    return StoredScores(tuple(scores.values()), phantom)


def _parsed(name: str, text: str) -> str | float | int:
    kind = _FIELDS[name]
    if kind is str:
        return text
    if kind is float:
        return float(text) if text else math.nan
    return int(text)


def _refused(path: str | Path, why: str) -> KsegError:
    return KsegError(
        why=f"a table of scores must be a cases.csv of kseg; {why}",
        code="KS-V20",
        file=path,
        fix="give the cases.csv that `kseg evaluate` or `kseg fit` wrote",
    )


def _write_comparison(folder: Path, comparison: Comparison, phantom: bool) -> None:
    names = [field.name for field in fields(ComparedLabel)]
    rows = ([*comparison.names, *(getattr(row, name) for name in names)] for row in comparison.rows)
    write_text(folder / COMPARISON_TABLE, _csv(["first", "second", *names], rows, phantom))
    data = {"data": _PHANTOM} if phantom else {}
    write_json(folder / COMPARISON_FILE, {**data, **comparison.to_dict()})


def _csv(names: list[str], rows: Iterable[Sequence[object]], phantom: bool) -> str:
    marked = ([*names, "data"], *([*row, _PHANTOM] for row in rows)) if phantom else (names, *rows)
    return "".join(_lines(marked))


def _lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    for row in rows:
        line = io.StringIO(newline="")
        # With the default line end a lone carriage return in a name is quoted too.
        csv.writer(line).writerow([_cell(value) for value in row])
        yield line.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(float(value))
    return str(value)
