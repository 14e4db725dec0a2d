import pytest
import tensorflow as tf

from kseg.testing import ContractError, check_augment


class Shift:
    """Add a number that is drawn for each patch."""

    def __init__(self, most=1.0):
        self.most = most

    def __call__(self, image, labels, seed):
        return image + self.most * tf.random.stateless_uniform((), seed), labels


class OfTheFirstLabel(Shift):
    """Make every patch the first label, which it need not hold."""

    def __call__(self, image, labels, seed):
        return image / tf.reduce_max(image), tf.zeros_like(labels)


def test_a_step_that_keeps_the_contract_passes():
    check_augment(Shift, {"most": 2.0})


def test_all_broken_rules_are_told_at_once():
    with pytest.raises(ContractError) as caught:
        check_augment(OfTheFirstLabel, {"most": 1j})
    told = str(caught.value)
    assert "OfTheFirstLabel breaks the contract in 3 places" in told
    assert "its arguments must be what a recipe can hold" in told
    assert "of a patch that is 0 everywhere: it must keep the image finite" in told
    assert "of a patch that is 1000 everywhere: it must not make labels" in told


def test_a_step_that_takes_one_channel_alone_may_say_so():
    def first_channel_only():
        return lambda image, labels, seed: (image[..., :1], labels)

    check_augment(first_channel_only, channels=(1,))
    with pytest.raises(ContractError, match="must return image"):
        check_augment(first_channel_only)
