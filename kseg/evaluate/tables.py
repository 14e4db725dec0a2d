"""Write the scores of a set of cases as the two files that a paper starts from."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from kseg.evaluate.overlap import LabelScore
from kseg.evaluate.summary import Summary, summarise
from kseg.storage import write_json, write_text

CASES_FILE = "cases.csv"
SUMMARY_FILE = "summary.json"


def write_tables(
    folder: str | Path, scores: Sequence[LabelScore], *, phantom: bool = False, seed: int = 0
) -> Summary:
    """Write `cases.csv`, a row for each label of each case, and `summary.json`.

    A label that neither mask of a case holds has a row with a blank Dice. Each file is written
    whole or not at all, and equal scores give equal bytes.

    Args:
        folder: path of the folder; made if missing.
        scores: `LabelScore`s of all cases.
        phantom: bool, the cases are synthetic; `summary.json` then says `"data": "phantom"`, and
            `cases.csv` has a column `data` that says so too.
        seed: int, seed of the bootstrap.

    Returns:
        the `Summary` that was written.

    Raises:
        OSError: if the disk is full, or the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> score = LabelScore("a", "p1", "liver", 0.9, 10, 10, 0.1, 0.1)
        >>> write_tables(folder, [score]).mean_dice
        0.9
        >>> (folder / "cases.csv").read_text().splitlines()[1]
        'a,p1,liver,0.9,10,10,0.1,0.1'
    """
    summary = summarise(scores, phantom=phantom, seed=seed)
    columns = [field.name for field in fields(LabelScore)]
    table = pd.DataFrame([asdict(score) for score in scores], columns=columns)
    if phantom:
        table["data"] = "phantom"
    write_text(Path(folder) / CASES_FILE, table.to_csv(index=False, lineterminator="\n"))
    write_json(Path(folder) / SUMMARY_FILE, summary.to_dict())
    return summary
