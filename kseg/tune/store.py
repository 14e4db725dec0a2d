"""The records of a search on disk: each whole or set aside, none lost without a word."""

import json
from collections.abc import Callable
from pathlib import Path

from kseg.storage import make_folder, move_aside, write_json
from kseg.tune.record import TrialRecord

TRIALS, RECORD, RUN, RECIPE, LOG = "trials", "trial.json", "run", "recipe.yaml", "trial.log"


class TrialStore:
    """The trials of one search folder.

    Args:
        folder: the search folder.

    Attributes:
        records: dict of `TrialRecord` by number.
        lost: numbers of trials whose record could not be read and was set aside.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self.records: dict[int, TrialRecord] = {}
        self.lost: list[int] = []

    def folder(self, trial: int) -> Path:
        """Return the folder of a trial."""
        return self._folder / TRIALS / f"{trial:04d}"

    def run_folder(self, record: TrialRecord) -> Path:
        """Return the run folder of a trial's training, which it may share with earlier ones."""
        return self.folder(record.root) / RUN

    def read(self, tell: Callable[[str], object]) -> None:
        """Read all records; one that is damaged is renamed to `trial.json.broken`.

        Args:
            tell: function of a sentence.
        """
        self.records, self.lost = {}, []
        for folder in sorted((self._folder / TRIALS).glob("[0-9]*")):
            if not folder.name.isdigit() or not folder.is_dir():
                continue
            number, file = int(folder.name), folder / RECORD
            try:
                record = TrialRecord.from_dict(json.loads(file.read_text("utf-8")))
                if record.trial != number:
                    raise ValueError(f"it tells of trial {record.trial}")
            except FileNotFoundError:
                # Its folder was made, and then the power went: nothing was begun.
                continue
            except (ValueError, RecursionError, IsADirectoryError) as error:
                aside = move_aside(file, ".broken")
                tell(
                    f"the record of trial {number} cannot be read ({error}); it is kept as "
                    f"{aside.name}, and the trial is run again"
                )
                self.lost.append(number)
            else:
                self.records[number] = record
        # A number that is missed out was proposed, since those after it were.
        known = {*self.records, *self.lost}
        self.lost = [n for n in range(max(known, default=-1) + 1) if n not in self.records]

    def write(self, record: TrialRecord) -> None:
        """Keep a record; it is on the disk when this returns."""
        make_folder(self.folder(record.trial))
        write_json(self.folder(record.trial) / RECORD, record.to_dict())
        self.records[record.trial] = record

    def next_place(self) -> int:
        """Return the next place in the order of proposals and results."""
        taken = [p for r in self.records.values() for p in (r.asked, r.told) if p is not None]
        return max(taken, default=-1) + 1
