import pytest
from pydantic import ValidationError

from kseg.recipe import LossSection, ModelSection


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"depth": 2, "deep_supervision": 2}, "less than `model.depth` (2)"),
        ({"head_weights": (1.0, 0.5)}, "3 weights"),
        ({"head_weights": (0.0, 0.0, 0.0)}, "not all zero"),
        ({"filters": 400}, "at least `model.filters`"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(values, message):
    with pytest.raises(ValidationError) as caught:
        ModelSection(**values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"dice": None, "cross_entropy": None},
        {"dice": {"weight": 0}, "cross_entropy": None},
        {"dice": {"weight": 0.0}, "cross_entropy": {"weight": 0.0}},
    ],
)
def test_a_loss_in_which_nothing_counts_is_refused(values):
    with pytest.raises(ValidationError, match="above 0"):
        LossSection(**values)


def test_class_weights_are_a_word_or_a_list():
    given = LossSection(cross_entropy={"class_weights": (0.1, 1)})
    assert given.cross_entropy.class_weights == (0.1, 1.0)
