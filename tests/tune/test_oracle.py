"""KerasTuner's oracles as kseg drives them."""

import pytest

from kseg.errors import KsegError
from kseg.recipe import TuneSection
from kseg.tune.oracle import KerasTunerStudy

SPACE = {
    "model.depth": {"int": (3, 5)},
    "optimizer.learning_rate": {"float": (1e-4, 1e-1), "scale": "log"},
}
BASE = {"model.depth": 4, "optimizer.learning_rate": 0.01}


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
    assert study.is_over and len(asked) == 23


def test_the_base_comes_first_and_only_once():
    for oracle in ("random", "hyperband"):
        proposals = [p.values for p, _ in ask_all(a_study(oracle), lambda n, p: 0.5, limit=5)]
        first = {key: proposals[0][key] for key in BASE}
        assert first == BASE
        assert all({key: p[key] for key in BASE} != BASE for p in proposals[1:])


def test_a_grid_tries_each_combination_once():
    space = {"model.depth": {"int": (3, 5)}, "model.filters": {"choice": (8, 16)}}
    tune = TuneSection(oracle="grid", space=space)
    asked = ask_all(KerasTunerStudy(tune, {}), lambda n, p: None if n == 2 else 0.5)
    tried = sorted((p.values["model.depth"], p.values["model.filters"]) for p, _ in asked)
    assert tried == [(depth, filters) for depth in (3, 4, 5) for filters in (8, 16)]


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
        rate = math.log10(proposal.values["optimizer.learning_rate"])
        return -((rate + 2.2) ** 2) - 0.1 * abs(proposal.values["model.depth"] - 3)

    best = {}
    for oracle in ("random", "bayesian"):
        study = a_study(oracle, base={})
        best[oracle] = max(score for _, score in ask_all(study, hill, limit=14))
    assert best["bayesian"] > best["random"]


def test_bayesian_search_looks_elsewhere_than_where_trials_fail():
    asked = ask_all(
        a_study("bayesian"),
        lambda n, p: None if p.values["model.depth"] == 5 else 0.5 + 0.001 * n,
        limit=16,
    )
    depths = [p.values["model.depth"] for p, _ in asked[8:]]
    assert depths.count(5) <= len(depths) / 3
