import math

import pytest

from kseg.report.search.trials import Trial, Trials


def search(*trials, is_max=True):
    return Trials(trials, is_max=is_max)


def test_a_promotion_is_the_same_configuration():
    trials = search(
        Trial(0, "completed", 0.5, share_to=0.1),
        Trial(1, "completed", 0.6, share_to=0.1),
        Trial(2, "completed", 0.7, continues=1, share_from=0.1, share_to=0.3),
        Trial(3, "failed", continues=2, share_from=0.3, share_to=1.0),
    )
    assert [each.number for each in trials.configurations] == [0, 1]
    second = trials.configurations[1]
    assert [trial.number for trial in second.trials] == [1, 2, 3]
    # The failed trial has no score, so the one before it stands for the configuration.
    assert second.last.number == 2
    assert trials.configuration_of(trials.all[3]) is second


def test_the_best_is_one_of_those_trained_longest():
    trials = search(
        Trial(0, "completed", 0.9, share_to=1 / 3),
        Trial(1, "completed", 0.8),
        Trial(2, "completed", 0.8),
        Trial(3, "pruned", 0.95),
        Trial(4, "failed"),
    )
    assert trials.largest_share == 1
    assert [trial.number for trial in trials.longest] == [1, 2]
    assert trials.best.number == 1


def test_where_a_lower_score_is_better_the_lowest_is_the_best():
    trials = search(Trial(0, "completed", 0.3), Trial(1, "completed", 0.2), is_max=False)
    assert trials.best.number == 1
    assert [trial.number for trial in trials.ranked] == [1, 0]


def test_ranks_begin_with_the_best_and_end_with_the_failed():
    trials = search(
        Trial(0, "failed"),
        Trial(1, "completed", 0.9, share_to=0.3),
        Trial(2, "running"),
        Trial(3, "completed", 0.7),
        Trial(4, "completed", 0.8),
        Trial(5, "pruned", 0.95, share_to=0.3),
    )
    assert [trial.number for trial in trials.ranked] == [4, 3, 5, 1, 2, 0]
    assert trials.count("failed") == 1


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_never_the_best(score):
    assert search(Trial(0, "completed", score)).best is None
    assert search(Trial(0, "completed", score), Trial(1, "completed", 0.1)).best.number == 1


def test_a_search_without_trials_has_no_best():
    trials = search()
    assert trials.best is None and trials.ranked == () and trials.largest_share == 0


@pytest.mark.parametrize(
    "trials",
    [
        (Trial(0, "completed"), Trial(0, "completed")),
        (Trial(0, "completed", continues=0),),
        (Trial(0, "completed", continues=1), Trial(1, "completed")),
    ],
)
def test_trials_that_cannot_be_are_refused(trials):
    with pytest.raises(ValueError):
        search(*trials)
