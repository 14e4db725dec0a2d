import json

import pytest

from kseg.fit import FitState


def test_a_state_survives_json():
    state = FitState(
        step=6,
        total_steps=20,
        validate_every_epochs=2,
        elapsed_seconds=12.5,
        validation_seconds=1.5,
        best_score=0.75,
        best_epoch=3,
        stopped_early=True,
        history=[{"epoch": 1, "loss": 0.5, "val_dice": None}],
    )
    assert FitState(**json.loads(json.dumps(state.to_dict()))) == state


def test_epochs_are_counted_by_the_history():
    assert FitState().epoch == 0
    assert FitState(history=[{}, {}]).epoch == 2


@pytest.mark.parametrize(
    ("state", "finished"),
    [
        (FitState(), False),
        (FitState(step=9, total_steps=10), False),
        (FitState(step=10, total_steps=10), True),
        (FitState(step=11, total_steps=10), True),
        (FitState(step=1, total_steps=10, stopped_early=True), True),
    ],
)
def test_a_training_is_finished_when_its_steps_are_done_or_it_stopped_early(state, finished):
    assert state.finished is finished


def test_states_do_not_share_a_history():
    FitState().history.append({"epoch": 1})
    assert FitState().history == []
