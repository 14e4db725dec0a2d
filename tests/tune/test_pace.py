from kseg.recipe import Recipe
from kseg.tune.pace import seconds_of_trial
from tests.tune.test_record import A_RECORD

STEPS = Recipe(kseg=1, name="a", fit={"steps": 900})
TIMED = Recipe(kseg=1, name="a", fit={"budget": "9m"})


def took(seconds, share_from=0.0, share_to=1.0, status="completed"):
    return A_RECORD.changed(
        seconds=seconds, share_from=share_from, share_to=share_to, status=status
    )


def test_the_slowest_trial_tells_how_long_a_share_takes():
    known = [took(90), took(20, 0, 1 / 9), took(900, status="failed")]
    assert seconds_of_trial(known, STEPS, 0, 1) == 90
    assert seconds_of_trial(known, STEPS, 0, 1 / 9) == 20
    assert seconds_of_trial(known, STEPS, 1 / 9, 1 / 3) == 90
    assert seconds_of_trial([*known, took(30, 0, 1 / 3)], STEPS, 1 / 9, 1 / 3) == 30


def test_what_is_longer_than_all_that_is_known_takes_longer_in_proportion():
    known = [took(20, 0, 1 / 9), took(25, 0, 1 / 9), took(40, 1 / 9, 1 / 3)]
    assert round(seconds_of_trial(known, STEPS, 1 / 3, 1)) == 40 * 3


def test_of_a_budget_the_share_counts_and_the_longest_start_and_end():
    known = [took(60 + 25, 0, 1 / 9), took(540 + 15)]
    assert round(seconds_of_trial(known, TIMED, 1 / 9, 1 / 3)) == 120 + 25
    assert seconds_of_trial([took(500)], TIMED, 0, 1) == 540


def test_where_nothing_is_known_a_trial_may_begin():
    assert seconds_of_trial([], STEPS, 0, 1) == 0
    assert seconds_of_trial([], TIMED, 0, 1) == 540
