import keras
import pytest

from kseg.errors import RecipeError
from kseg.recipe import FitSection
from kseg.workflow.metrics import make_metrics


def made(*metrics, classes=3):
    return make_metrics(FitSection(steps=1, metrics=metrics).metrics, classes)


def test_words_are_kseg_s_own_metrics_over_all_labels():
    dice, accuracy = made("patch_dice", "voxel_accuracy")
    assert (dice.name, dice.labels) == ("patch_dice", (1, 2))
    assert accuracy.name == "voxel_accuracy"


def test_a_component_is_made_with_its_arguments_and_keeps_its_own_name():
    first, second = made(
        {"name": "CaseDice", "args": {"labels": (1,), "name": "liver"}}, "keras.metrics:Mean"
    )
    assert (first.name, first.labels) == ("liver", (1,))
    assert isinstance(second, keras.metrics.Mean) and second.name == "mean"


def test_all_are_told_of_regions_and_of_the_label_to_ignore():
    wanted = FitSection(
        steps=1, metrics=("patch_dice", {"name": "CaseDice", "args": {"name": "b"}})
    )
    told = {"regions": [[1, 2], [2]], "ignore_label": 3}
    for metric in make_metrics(wanted.metrics, 2, told):
        assert metric.regions == ((1, 2), (2,)) and metric.ignore_label == 3
    (dice,) = make_metrics(("patch_dice",), 3, {"ignore_label": 3})
    assert dice.labels == (1, 2) and dice.ignore_label == 3


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        (("patch_dice", "CaseDice"), "Received: patch_dice, twice"),
        (({"name": "CaseDice", "args": {"name": "loss"}},), "another column of history.csv"),
        (({"name": "CaseDice", "args": {"name": "val_dice_liver"}},), "another column"),
        (("keras.losses:MeanSquaredError",), "must be a keras.metrics.Metric"),
        (({"name": "CaseDice", "args": {"labels": (-1,)}},), "cannot be made so"),
        (("tests.workflow.others:needs_a_key",), "of tests cannot be made so: KeyError"),
    ],
)
def test_what_cannot_be_a_column_of_its_own_is_refused(metrics, said):
    with pytest.raises(RecipeError, match=said):
        made(*metrics)
