import pytest

from kseg.losses import build


def test_every_argument_reaches_its_loss():
    loss = build(
        cross_entropy_weight=0.5,
        class_weights=[1.0, 2.0],
        dice_weight=3.0,
        dice_per="batch",
        dice_background=True,
        dice_smooth=0.1,
        ignore_label=255,
    )
    (cross_entropy, first_weight), (dice, second_weight) = loss.terms
    assert (first_weight, second_weight) == (0.5, 3.0)
    assert cross_entropy.class_weights == [1.0, 2.0] and cross_entropy.ignore_label == 255
    assert (dice.per, dice.background, dice.smooth, dice.ignore_label) == ("batch", True, 0.1, 255)


def test_a_loss_without_weight_is_left_out():
    assert [loss.name for loss, _ in build(dice_weight=None).terms] == ["cross_entropy"]
    assert [loss.name for loss, _ in build(cross_entropy_weight=None).terms] == ["soft_dice"]
    with pytest.raises(ValueError, match="Received: None for both"):
        build(cross_entropy_weight=None, dice_weight=None)


def test_equal_class_weights_have_a_name_in_recipes():
    (cross_entropy, _), _ = build(class_weights="none").terms
    assert cross_entropy.class_weights is None
