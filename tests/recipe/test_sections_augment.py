import pytest
from pydantic import ValidationError

from kseg.recipe import AugmentSection


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"flip": {"axes": ("x", "x")}}, "once"),
        ({"flip": {"axes": ()}}, "at least 1"),
        ({"lowres": {"zoom": (0.5, 2.0)}}, "exceed 1"),
        ({"gamma": {"range": (1.5, 0.7)}}, "lower end first"),
        ({"noise": {"probability": 1.1}}, "less than or equal to 1"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(values, message):
    with pytest.raises(ValidationError) as caught:
        AugmentSection(**values)
    assert message in str(caught.value)


def test_no_preset_does_only_the_kinds_that_are_named():
    augment = AugmentSection(preset="none", noise={})
    assert augment.noise.probability == 0.1
    assert augment.flip.probability == 0
    assert augment.affine.rotation_probability == augment.affine.scale_probability == 0


def test_the_defaults_are_nnu_nets_laws():
    augment = AugmentSection()
    assert augment.affine.scale == (0.7, 1.4) and augment.gamma.probability == 0.3
