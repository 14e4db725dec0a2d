"""A training that pauses after a share of its steps, and goes on in another sitting."""

import pytest

from kseg.fit import fit
from tests.fit.jobs import (
    Validating,
    a_job,
    assert_equal_outcome,
    column,
    real_model,
)


@pytest.mark.parametrize(
    ("share", "steps"), [(1 / 9, 2), (1 / 3, 2), (0.5, 4), (2 / 3, 4), (0.67, 6), (1, 6)]
)
def test_it_pauses_at_the_end_of_the_epoch_that_reaches_the_share(tmp_path, share, steps):
    state = fit(a_job(tmp_path, validate=Validating(), until_share=share))
    assert (state.step, state.total_steps, state.finished) == (steps, 6, share > 2 / 3)


def test_where_it_pauses_it_validates_though_it_would_not_be_due(tmp_path):
    job = a_job(tmp_path, validate=Validating(), until_share=0.5, validate_every_epochs=100)
    assert column(fit(job), "val_dice") == [None, 0.5]


def test_a_training_in_parts_ends_with_the_bits_of_one_in_a_whole(tmp_path):
    whole = a_job(tmp_path / "whole", real_model())
    expected = whole, fit(whole)
    for share in (1 / 3, 2 / 3, 1):
        part = a_job(tmp_path / "parts", real_model(), until_share=share)
        state = fit(part)
    assert_equal_outcome(expected, (part, state))


def test_the_learning_rate_is_that_of_the_whole_training(tmp_path):
    whole = column(fit(a_job(tmp_path / "whole")), "learning_rate")
    paused = column(fit(a_job(tmp_path / "paused", until_share=1 / 3)), "learning_rate")
    assert paused == whole[:1]


def test_it_gives_up_where_its_scores_say_so_and_does_not_go_on_by_itself(tmp_path):
    def gives_up(state):
        return state.history[-1]["val_dice"] < 0.3

    def sitting(validate):
        return fit(a_job(tmp_path, validate=validate, gives_up=gives_up))

    assert sitting(Validating([0.5, 0.2, 0.9])).step == 4
    # As after a kill between the last checkpoint and the news of it.
    again = Validating([0.9])
    assert sitting(again).step == 4 and again.weights == []


def test_without_a_validation_at_its_end_an_epoch_is_no_place_to_give_up(tmp_path):
    seen = []
    job = a_job(
        tmp_path,
        validate=Validating(),
        validate_every_epochs=2,
        gives_up=lambda state: bool(seen.append(state.epoch)),
    )
    fit(job)
    assert set(seen) == {2}
