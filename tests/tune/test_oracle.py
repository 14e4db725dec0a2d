"""KerasTuner's oracles as kseg drives them."""

import pytest

from kseg.errors import KsegError
from kseg.recipe import TuneSection
from kseg.tune.oracle import KerasTunerStudy
from kseg.tune.space import values_of

SPACE = {
    "model.depth": {"int": (3, 5)},
    "optimizer.learning_rate": {"float": (1e-4, 1e-1), "scale": "log"},
}
BASE = {"model.depth": 4, "optimizer.learning_rate": 0.01}


TUNE = TuneSection(space=SPACE)


def a_study(oracle="random", base=BASE, **changes):
    counted = {} if oracle == "hyperband" else {"trials": 9}
    return KerasTunerStudy(TuneSection(oracle=oracle, space=SPACE, **counted, **changes), base)


def ask_all(study, score, limit=200):
    """Ask and tell one after the other; return the proposals and what they were told."""
    asked = []
    while len(asked) < limit and (proposal := study.ask()) is not None:
        asked.append((proposal, score(len(asked), proposal)))
        study.tell(len(asked) - 1, asked[-1][1])
    return asked


def test_hyperband_gives_shares_of_the_whole_training_and_the_trials_it_goes_on_with():
    asked = ask_all(a_study("hyperband"), lambda number, proposal: float(number))
    shares = {(round(p.share_from, 4), round(p.share_to, 4)) for p, _ in asked}
    assert shares == {(0, 0.1111), (0.1111, 0.3333), (0.3333, 1), (0, 0.3333), (0, 1)}
    for proposal, _ in asked:
        assert (proposal.continues is None) == (proposal.share_from == 0)
        if proposal.continues is not None:
            earlier = asked[proposal.continues][0]
            assert earlier.share_to == proposal.share_from
            assert earlier.values["model.depth"] == proposal.values["model.depth"]


@pytest.mark.parametrize(("direction", "best"), [("max", {8, 7, 6}), ("min", {0, 1, 2})])
def test_hyperband_promotes_in_the_direction_of_the_objective(direction, best):
    study = a_study("hyperband", objective={"metric": "loss", "direction": direction})
    asked = ask_all(study, lambda number, proposal: float(number), limit=12)
    assert {p.continues for p, _ in asked if p.continues is not None} == best


@pytest.mark.parametrize("failing", [1, 5, 9])
def test_hyperband_comes_to_its_end_however_many_trials_fail(failing):
    study = a_study("hyperband")
    asked = ask_all(study, lambda n, p: None if n % 9 < failing else float(n))
    assert study.ask() is None and len(asked) == 23


def test_the_base_comes_first_and_only_once():
    for oracle in ("random", "hyperband"):
        proposals = [p.values for p, _ in ask_all(a_study(oracle), lambda n, p: 0.5, limit=5)]
        values = [values_of(TUNE.space, proposal) for proposal in proposals]
        assert values[0] == BASE and BASE not in values[1:]


def test_a_grid_tries_each_combination_once():
    space = {"model.depth": {"int": (3, 5)}, "model.filters": {"choice": (8, 16)}}
    tune = TuneSection(oracle="grid", space=space)
    asked = ask_all(KerasTunerStudy(tune, {}), lambda n, p: None if n == 2 else 0.5)
    tried = [values_of(tune.space, proposal.values) for proposal, _ in asked]
    pairs = sorted((each["model.depth"], each["model.filters"]) for each in tried)
    assert pairs == [(depth, filters) for depth in (3, 4, 5) for filters in (8, 16)]


def test_a_grid_does_not_wait_for_one_trial_before_it_proposes_the_next():
    space = {"model.depth": {"int": (3, 5)}, "model.filters": {"choice": (8, 16)}}
    study = KerasTunerStudy(TuneSection(oracle="grid", space=space), {"model.depth": 4})
    tried = [values_of(TuneSection(space=space).space, study.ask().values) for _ in range(6)]
    assert len({tuple(each.items()) for each in tried}) == 6 and tried[0]["model.depth"] == 4


def test_asking_in_vain_changes_nothing_of_what_is_proposed_later():
    space = {"model.depth": {"int": (2, 8)}, "model.filters": {"choice": (8, 16, 24)}}
    studies = [KerasTunerStudy(TuneSection(space=space), {}) for _ in range(2)]
    proposals = [[], []]
    for study, seen, tries in zip(studies, proposals, (1, 4), strict=True):
        while len(seen) < 40 and (proposal := study.ask()) is not None:
            seen.append(proposal)
        # All that can be begun is begun; the next come only as these end.
        for number in range(40):
            if number < len(seen):
                study.tell(number, number % 7 / 7)
            answers = [study.ask() for _ in range(tries)]
            seen += [proposal for proposal in answers if proposal is not None]
    assert proposals[0][:17] == proposals[1][:17] and len(proposals[1]) >= 17


def test_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ask_all(a_study("hyperband"), lambda n, p: 0.5)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_printed(capsys):
    ask_all(a_study(), lambda n, p: 0.5, limit=5)
    assert capsys.readouterr().out == ""


def test_fact_10_bayesian_search_without_its_package_is_told_before_any_trial(monkeypatch):
    from keras_tuner.src.tuners import bayesian

    monkeypatch.setattr(bayesian, "sklearn", None)
    with pytest.raises(KsegError, match="scikit-learn") as refused:
        a_study("bayesian")
    assert "kseg[bayesian]" in refused.value.fix


def test_bayesian_search_finds_a_hill_that_random_search_misses():
    import math

    def hill(number, proposal):
        values = values_of(TUNE.space, proposal.values)
        rate = math.log10(values["optimizer.learning_rate"])
        return -((rate + 2.2) ** 2) - 0.1 * abs(values["model.depth"] - 3)

    best = {}
    for oracle in ("random", "bayesian"):
        study = a_study(oracle, base={})
        best[oracle] = max(score for _, score in ask_all(study, hill, limit=14))
    assert best["bayesian"] > best["random"]


def test_bayesian_search_looks_elsewhere_than_where_trials_fail():
    asked = ask_all(
        a_study("bayesian"),
        lambda n, p: None if p.values["model.depth"] == 2 else 0.5 + 0.001 * n,
        limit=16,
    )
    depths = [values_of(TUNE.space, p.values)["model.depth"] for p, _ in asked[8:]]
    assert depths.count(5) <= len(depths) / 3


@pytest.mark.parametrize("oracle", ["random", "bayesian"])
def test_no_recipe_is_proposed_twice_though_its_places_along_a_range_differ(oracle):
    space = {"model.depth": {"int": (2, 5), "scale": "log"}}
    tune = TuneSection(oracle=oracle, trials=50, space=space)
    study = KerasTunerStudy(tune, {"model.depth": 4})
    depths = []
    while (proposal := study.ask()) is not None:
        depths.append(values_of(tune.space, proposal.values)["model.depth"])
        study.tell(len(depths) - 1, -abs(depths[-1] - 4))
    assert depths[0] == 4 and sorted(depths) == [2, 3, 4, 5]
