import pytest

from kseg.fit import fit
from kseg.fit.collapse import collapsed_labels
from tests.fit.jobs import a_job


def rows(*scores):
    return [{"epoch": n, "val_dice": s, "val_dice_liver": s} for n, s in enumerate(scores, start=1)]


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ([0.2, 0.6, 0.4], 0.0, {"liver": (2, 0.6)}),
        ([0.2, None, 0.4, None], 0.0, {"liver": (3, 0.4)}),
        ([0.2], 0.01, {}),  # worse, but there
        ([0.2], None, {}),  # in no validation case
        ([0.0, 0.0], 0.0, {}),  # never learnt
        ([0.3, 0.0], 0.0, {}),  # told of before
        ([0.3, 0.0, 0.1], 0.0, {"liver": (1, 0.3)}),  # lost once more
        ([], 0.0, {}),
    ],
)
def test_a_label_collapsed_if_its_dice_fell_to_0_after_it_had_risen(before, now, found):
    scores = {"val_dice": 0.0, "val_dice_liver": now, "seconds": 0.0}
    assert collapsed_labels(rows(*before), scores, "val_dice") == found


def test_a_training_names_the_label_that_collapsed_and_the_epoch_and_goes_on(tmp_path):
    scores = iter([(0.5, 0.1), (0.4, 0.2), (0.3, 0.0), (0.2, 0.0)])

    def validate(model):
        liver, lesion = next(scores)
        return {"val_dice": liver, "val_dice_liver": liver, "val_dice_lesion": lesion}

    job = a_job(tmp_path, steps=8, validate=validate, validate_last=True)
    assert fit(job).step == 8
    (told,) = [(message, facts) for message, facts in job.log if "warning" in message]
    assert told[1] == {"label": "lesion", "epoch": 3}
    assert "in epoch 3 nothing of lesion" in told[0] and "after 0.2000 in epoch 2" in told[0]
