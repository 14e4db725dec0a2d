"""A study brought back to where it was, by asking and telling it again what the records hold."""

from collections.abc import Callable, Iterable, Mapping
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
        values_of: function from an oracle's values to those of the recipe's keys, by which a
            proposal is told from one that meant something else in a space that has changed since.

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
        values_of: Callable[[Mapping[str, object]], Mapping[str, object]],
    ):
        self.study = study
        self._values_of = values_of
        self._pending: Proposal | None = None
        # Known trials that the study has not proposed (yet), and those of them with a result.
        self._strays: list[TrialRecord] = []
        self._ended_strays: set[int] = set()
        self.numbers: list[int] = []
        self.recovered: list[tuple[int, Proposal, int]] = []
        known, lost = sorted(records, key=lambda record: record.trial), sorted(lost)
        self._next_number = max([-1, *lost, *(record.trial for record in known)]) + 1
        self._replay(known, lost, tell)

    def ask(self) -> tuple[int, Proposal] | None:
        """Return the next trial with its number, or None; see `Study.ask`.

        What is known already is not proposed again: the study is told of it instead.
        """
        proposal = self._take_pending()
        if proposal is None:
            return None
        number, self._next_number = self._next_number, self._next_number + 1
        self.numbers.append(number)
        return number, self._numbered(proposal)

    def tell(self, record: TrialRecord) -> None:
        """Tell the study the score of a trial, unless the study never proposed it."""
        if record.trial in self.numbers:
            self.study.tell(self.numbers.index(record.trial), record.score)
        else:
            self._strays = [record if s.trial == record.trial else s for s in self._strays]
            self._ended_strays.add(record.trial)

    def _replay(
        self, known: list[TrialRecord], lost: list[int], tell: Callable[[str], object]
    ) -> None:
        """Repeat all proposals and results in their order.

        A study is a function of that order, so that it proposes the same again. If it does not
        (the result of a lost trial mattered, or the space has changed and that was accepted), the
        trials from there on keep their results, and the study is told of those that it proposes
        later.
        """
        diverged = False
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
                self._strays.append(record)
                if not diverged:
                    diverged = True
                    tell(
                        f"from trial {record.trial} on the search would have proposed otherwise; "
                        "what these trials reached counts, and is not tried again"
                    )
        for number in lost:
            self._recover(number, place + 1)

    def _recover(self, number: int, place: int) -> None:
        proposal = self._take_pending()
        if proposal is not None:
            self.numbers.append(number)
            self.recovered.append((number, self._numbered(proposal), place))

    def _asks_again(self, record: TrialRecord) -> bool:
        """Ask for a trial that is known; return whether it is the one.

        A proposal that is another one is kept for the next trial that is not known yet, or that
        was begun in its place by an earlier sitting.
        """
        self._pending = self._take_pending()
        if self._pending is None or self._meaning(record.proposal) != dict(record.values):
            return False
        if self._numbered(self._pending).continues != record.continues:
            return False
        if not self.study.adopt(record.proposal):
            return False
        self._pending = None
        self.numbers.append(record.trial)
        return True

    def _meaning(self, values: Mapping[str, object]) -> dict[str, object] | None:
        """Return the recipe's values of a proposal; None where it means nothing today."""
        try:
            return dict(self._values_of(values))
        except (LookupError, TypeError, ValueError):
            # A place that the space of today does not have.
            return None

    def _take_pending(self) -> Proposal | None:
        """Return what the study proposes next that is not known already."""
        proposal, self._pending = self._pending, None
        while True:
            proposal = self.study.ask() if proposal is None else proposal
            stray = None if proposal is None else self._stray_of(proposal)
            if stray is None:
                return proposal
            self._strays.remove(stray)
            self.numbers.append(stray.trial)
            if stray.trial in self._ended_strays:
                self.study.tell(len(self.numbers) - 1, stray.score)
            proposal = None

    def _stray_of(self, proposal: Proposal) -> TrialRecord | None:
        """Return a known trial that the study has not proposed until now, but does with this."""
        if not self._strays:
            return None
        numbered, meaning = self._numbered(proposal), self._meaning(proposal.values)
        wanted = (meaning, numbered.continues, numbered.share_to)
        found = (s for s in self._strays if (dict(s.values), s.continues, s.share_to) == wanted)
        return next(found, None)

    def _numbered(self, proposal: Proposal) -> Proposal:
        """Return the proposal with the number of the trial that it goes on with."""
        if proposal.continues is None:
            return proposal
        return replace(proposal, continues=self.numbers[proposal.continues])
