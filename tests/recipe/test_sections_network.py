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
    ("values", "message"),
    [
        ({"dice": None, "cross_entropy": None}, "must be there"),
        ({"dice": {"weight": 0}}, "greater than 0"),
        ({"dice": {"smooth": 1e-9}}, "greater than or equal to"),
        ({"cross_entropy": {"class_weights": (0, 1)}}, "greater than 0"),
    ],
)
def test_a_loss_in_which_something_counts_for_nothing_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        LossSection(**values)


def test_class_weights_are_a_word_or_a_list():
    given = LossSection(cross_entropy={"class_weights": (0.1, 1)})
    assert given.cross_entropy.class_weights == (0.1, 1.0)
