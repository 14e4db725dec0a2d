"""A study that is brought back to where it was."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kseg.recipe import TuneSection
from kseg.tune.oracle import KerasTunerStudy
from kseg.tune.record import COMPLETED, FAILED, TrialRecord
from kseg.tune.replay import Replayed

SPACE = {
    "model.depth": {"int": (2, 6)},
    "model.filters": {"choice": (8, 16, 24)},
    "optimizer.learning_rate": {"float": (1e-4, 1e-1), "scale": "log"},
    "schedule.name": {"choice": ("poly", "exponential")},
    "schedule.decay_rate": {"float": (0.5, 0.9), "when": {"schedule.name": "exponential"}},
}
ORACLES = ("random", "grid", "bayesian", "hyperband")


GRID = {key: SPACE[key] for key in ("model.depth", "model.filters", "schedule.name")}


def a_study(oracle, seed=1):
    counted = {} if oracle == "hyperband" else {"trials": 9}
    space = GRID if oracle == "grid" else SPACE
    tune = TuneSection(oracle=oracle, space=space, seed=seed, **counted)
    return KerasTunerStudy(tune, {"model.depth": 4})


def meaning(values):
    """Take places for values, without what hyperband adds to them for itself."""
    return {key: value for key, value in values.items() if not key.startswith("tuner/")}


class Played:
    """A search without trials: proposals and results in an order that is drawn."""

    def __init__(self, oracle, records=(), lost=(), seed=1):
        self.said = []
        self.study = Replayed(a_study(oracle, seed), records, lost, self.said.append, meaning)
        self.records = {record.trial: record for record in records}

    def place(self):
        taken = [p for r in self.records.values() for p in (r.asked, r.told) if p is not None]
        return max(taken, default=-1) + 1

    def ask(self):
        asked = self.study.ask()
        if asked is None:
            return
        number, proposal = asked
        self.records[number] = TrialRecord(
            number, dict(proposal.values), meaning(proposal.values), proposal.continues, number,
            proposal.share_from, proposal.share_to, self.place(),
        )  # fmt: skip

    def tell(self, which, score):
        open_ = [number for number, record in self.records.items() if record.is_running]
        if open_:
            number = open_[which % len(open_)]
            status = FAILED if score is None else COMPLETED
            record = self.records[number].changed(told=self.place(), status=status, score=score)
            self.records[number] = record
            self.study.tell(record)

    def play(self, events):
        for which, score in events:
            if which is None:
                self.ask()
            else:
                self.tell(which, score)

    def proposals(self):
        return {n: (dict(r.proposal), r.continues) for n, r in self.records.items()}


events = st.lists(
    st.one_of(
        st.just((None, None)),
        st.just((None, None)),
        st.tuples(st.integers(0, 3), st.one_of(st.none(), st.floats(0, 1))),
        st.tuples(st.integers(0, 3), st.floats(0, 1)),
    ),
    max_size=24,
)


@pytest.mark.parametrize("oracle", ORACLES)
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(before=events, after=events)
def test_a_study_that_is_replayed_goes_on_as_if_nothing_had_happened(oracle, before, after):
    undisturbed = Played(oracle)
    undisturbed.play(before)
    resumed = Played(oracle, list(undisturbed.records.values()))
    undisturbed.play(after)
    resumed.play(after)
    assert resumed.said == []
    assert resumed.proposals() == undisturbed.proposals()


def sequential(oracle, count):
    played = Played(oracle)
    for number in range(count):
        played.ask()
        played.tell(0, (number * 7 % 11) / 11)
    return played


@pytest.mark.parametrize("oracle", ORACLES)
def test_H05_a_lost_trial_is_proposed_again_with_its_number_and_values(oracle):
    played = sequential(oracle, 6)
    known = [record for record in played.records.values() if record.trial != 2]
    resumed = Played(oracle, known, lost=[2])
    (number, proposal, place) = resumed.study.recovered[0]
    assert number == 2 and dict(proposal.values) == played.records[2].proposal
    assert place == played.records[3].asked and resumed.said == []


def test_a_lost_trial_at_the_end_is_proposed_again_too():
    played = sequential("random", 4)
    known = [record for record in played.records.values() if record.trial != 3]
    resumed = Played("random", known, lost=[3])
    assert [number for number, *_ in resumed.study.recovered] == [3]
    resumed.ask()
    assert max(resumed.records) == 4


def test_where_a_study_proposes_otherwise_what_is_known_stays_and_new_numbers_follow():
    played = sequential("hyperband", 8)
    other = Played("hyperband", list(played.records.values()), seed=99)
    assert len(other.said) == 1 and "from trial 1 on" in other.said[0] or "trial 0" in other.said[0]
    other.ask()
    assert max(other.records) == 8
    other.tell(0, 0.5)


def test_hyperband_goes_on_when_the_lost_trial_was_the_one_promoted():
    played = sequential("hyperband", 12)
    promoted = next(r.continues for r in played.records.values() if r.continues is not None)
    known = [record for record in played.records.values() if record.trial != promoted]
    resumed = Played("hyperband", known, lost=[promoted])
    assert [number for number, *_ in resumed.study.recovered] == [promoted]
    for _ in range(12):
        resumed.ask()
        resumed.tell(0, 0.5)
    assert len(resumed.records) > len(known)


def hyperband_of(scores, records=(), lost=()):
    """Play hyperband to its end; a configuration has the score that is its own."""
    played = Played("hyperband", records, lost)
    for number, proposal, place in played.study.recovered:
        played.records[number] = TrialRecord(
            number, dict(proposal.values), meaning(proposal.values), proposal.continues, number,
            proposal.share_from, proposal.share_to, place,
        )  # fmt: skip
    count = -1
    while count < len(played.records):
        count = len(played.records)
        for record in [r for r in played.records.values() if r.is_running]:
            rate = record.proposal["optimizer.learning_rate"]
            done = record.changed(told=played.place(), status=COMPLETED, score=scores(rate))
            played.records[record.trial] = done
            played.study.tell(done)
        played.ask()
    return played


@pytest.mark.parametrize("lost", [[1], [0, 5], [20], [3, 22], list(range(6))])
def test_H05_what_is_known_is_not_tried_again_for_the_sake_of_a_lost_trial(lost):
    whole = hyperband_of(lambda rate: -abs(rate - 0.4))
    known = [record for record in whole.records.values() if record.trial not in lost]
    mended = hyperband_of(lambda rate: -abs(rate - 0.4), known, lost)
    assert mended.records.keys() == whole.records.keys()
    assert {n: r.score for n, r in mended.records.items()} == {
        n: r.score for n, r in whole.records.items()
    }
    # Nor at the next start.
    again = hyperband_of(None, list(mended.records.values()))
    assert again.records.keys() == whole.records.keys()


def test_a_known_trial_that_ends_before_it_is_proposed_again_is_told_with_its_result():
    whole = hyperband_of(lambda rate: -abs(rate - 0.4))
    promoted = next(r for r in whole.records.values() if r.continues is not None)
    running = promoted.changed(told=None, status="running", score=None)
    lost = [n for n in range(promoted.trial) if n != promoted.continues][-3:]
    known = [whole.records[n] for n in range(promoted.trial) if n not in lost]
    resumed = Played("hyperband", [*known, running], lost)
    # Without these results nothing is promoted yet, though the one that was goes on, and ends.
    resumed.study.tell(promoted)
    for number in lost:
        resumed.study.tell(whole.records[number])
    told, tell = [], resumed.study.study.tell
    resumed.study.study.tell = lambda trial, score: (told.append(score), tell(trial, score))
    # What was proposed in its place comes first.
    for _ in range(2):
        resumed.study.ask()
    assert told == [promoted.score]
