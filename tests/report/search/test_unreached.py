from kseg.report.search.files import read_search
from kseg.report.search.unreached import unreached
from tests.report.search.samples import random_trials, trial, write_search


def told(folder):
    return unreached(read_search(folder))


def test_the_end_the_short_the_failed_and_the_untried_are_told(tmp_path):
    lines = told(write_search(tmp_path))
    assert lines[0] == "The search ended because of this: the budget is spent."
    assert lines[1].startswith("5 of 10 configurations were stopped early.")
    assert lines[2] == "2 configurations have no score at all."
    assert "optimizer.learning_rate: no trial with a score had 0.0001 to 0.000562." in lines


def test_a_search_that_goes_on_names_what_it_has_begun(tmp_path):
    trials = random_trials(4)
    trials[3] = trial(3, {}, 1.0, status="running")
    lines = told(write_search(tmp_path, trials=trials, ended=None))
    assert lines[:2] == ("The search has not ended.", "Begun and without a result: trial 3.")


def test_it_is_said_where_nothing_was_trained_to_the_end(tmp_path):
    trials = [row | {"share_to": 1 / 3} for row in random_trials(3)]
    assert any(
        "the longest trained 33.3 %" in line for line in told(write_search(tmp_path, trials))
    )


def test_a_key_that_no_trial_used_is_told(tmp_path):
    trials = random_trials(3)
    for row in trials:
        row |= {"schedule.name": "poly", "schedule.decay_rate": None}
    lines = told(write_search(tmp_path, trials))
    assert "schedule.decay_rate: no trial with a score used it." in lines
    assert "schedule.name: no trial with a score had cosine or exponential." in lines


def test_a_search_that_came_to_everything_says_so(tmp_path):
    trials = [row | {"trial": n} for n, row in enumerate(random_trials(40)) if row["score"]]
    trials = [row for row in trials if row["share_to"] == 1]
    lines = told(write_search(tmp_path, trials))
    assert len(lines) == 2
    assert lines[1].startswith("Every configuration was trained to the end")


def test_without_trials_only_the_end_is_told(tmp_path):
    assert len(told(write_search(tmp_path, trials=[]))) == 1
