"""A study brought back to where it was, by asking and telling it again what the records hold."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from kseg.tune.oracle import Proposal, Study
from kseg.tune.record import TrialRecord


class Replayed:
    """A study that has been told all that is known.

    Args:
        study: `Study`, new.
        records: the trials that are known, of any order.
        lost: numbers of trials that were proposed and whose records are gone.
        tell: function of a sentence.

    Attributes:
        numbers: list of int, the number of the trial for each proposal of the study.
        recovered: list of the lost trials with their proposals and their places in the order of
            proposals and results; they have to be run again.
    """

    def __init__(
        self,
        study: Study,
        records: Iterable[TrialRecord],
        lost: Iterable[int],
        tell: Callable[[str], object],
    ):
        self.study = study
        self.numbers: list[int] = []
        self.recovered: list[tuple[int, Proposal, int]] = []
        known, lost = sorted(records, key=lambda record: record.trial), sorted(lost)
        self._next_number = max([-1, *lost, *(record.trial for record in known)]) + 1
        self._replay(known, lost, tell)

    def ask(self) -> tuple[int, Proposal] | None:
        """Return the next trial with its number, or None; see `Study.ask`."""
        proposal = self.study.ask()
        if proposal is None:
            return None
        number, self._next_number = self._next_number, self._next_number + 1
        self.numbers.append(number)
        return number, self._numbered(proposal)

    def tell(self, record: TrialRecord) -> None:
        """Tell the study the score of a trial, unless the study never proposed it."""
        if record.trial in self.numbers:
            self.study.tell(self.numbers.index(record.trial), record.score)

    def _replay(
        self, known: list[TrialRecord], lost: list[int], tell: Callable[[str], object]
    ) -> None:
        """Repeat all proposals and results in their order.

        A study is a function of that order, so that it proposes the same again. If it does not
        (the result of a lost trial mattered, or the space has changed and that was accepted), the
        trials from there on keep their results, but the study knows nothing of them.
        """
        events = [(record.asked, record.trial, record, True) for record in known]
        events += [(r.told, r.trial, r, False) for r in known if r.told is not None]
        place = -1
        for place, _, record, is_ask in sorted(events, key=lambda event: event[:2]):
            if not is_ask:
                self.tell(record)
                continue
            while lost and lost[0] < record.trial:
                self._recover(lost.pop(0), place)
            if not self._asks_again(record):
                tell(
                    f"from trial {record.trial} on the search would have proposed otherwise; what "
                    "these trials reached counts, and the search goes on from before them"
                )
                return
        for number in lost:
            self._recover(number, place + 1)

    def _recover(self, number: int, place: int) -> None:
        proposal = self.study.ask()
        if proposal is not None:
            self.numbers.append(number)
            self.recovered.append((number, self._numbered(proposal), place))

    def _asks_again(self, record: TrialRecord) -> bool:
        """Ask for a trial that is known; return whether it is the one."""
        proposal = self.study.ask()
        if proposal is None:
            return False
        same = _plain(proposal.values) == _plain(record.proposal)
        same = same and self._numbered(proposal).continues == record.continues
        # A proposal that is not taken up is one that fails, or the study would wait for it.
        self.numbers.append(record.trial if same else -1)
        if not same:
            self.study.tell(len(self.numbers) - 1, None)
        return same

    def _numbered(self, proposal: Proposal) -> Proposal:
        """Return the proposal with the number of the trial that it goes on with."""
        if proposal.continues is None:
            return proposal
        return replace(proposal, continues=self.numbers[proposal.continues])


def _plain(values) -> object:
    """Return values as they come back from a file."""
    return json.loads(json.dumps(dict(values)))
