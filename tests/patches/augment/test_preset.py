import pytest

from kseg.patches import nnunet_preset, rotation_limits


def test_the_laws_are_those_of_nnunet():
    preset = nnunet_preset((128, 128, 128))
    assert preset.affine.rotation_degrees == (30, 30, 30)
    assert (preset.affine.rotation_probability, preset.affine.scale_probability) == (0.2, 0.2)
    assert preset.affine.scale == (0.7, 1.4)
    assert (preset.noise.probability, preset.noise.sigma_max) == (0.1, 0.1)
    assert (preset.blur.probability, preset.blur.sigma) == (0.2, (0.5, 1.0))
    assert (preset.brightness.probability, preset.brightness.range) == (0.15, (0.75, 1.25))
    assert (preset.contrast.probability, preset.contrast.range) == (0.15, (0.75, 1.25))
    assert (preset.lowres.probability, preset.lowres.zoom) == (0.25, (0.5, 1.0))
    assert (preset.gamma.probability, preset.gamma.inverted_probability) == (0.3, 0.1)
    assert (preset.flip.probability, preset.flip.axes) == (0.5, ("z", "y", "x"))


@pytest.mark.parametrize(
    ("size", "spacing", "limits"),
    [
        ((32, 96, 96), (1, 1, 1), (30, 30, 30)),
        ((31, 96, 96), (1, 1, 1), (180, 0, 0)),
        ((96, 96, 24), (1, 1, 1), (0, 0, 180)),
        ((64, 64, 64), (5, 1, 1), (180, 0, 0)),
        ((1, 64, 64), (1, 1, 1), (180, 0, 0)),
        ((1, 64, 128), (1, 1, 1), (15, 0, 0)),
    ],
)
def test_slices_of_a_coarse_axis_stay_together(size, spacing, limits):
    assert rotation_limits(size, spacing) == limits
    preset = nnunet_preset(size, spacing)
    together = 0 in limits
    assert len(preset.affine.scale_axes) == len(preset.lowres.axes) == (2 if together else 3)


def test_the_guard_of_left_and_right_reaches_the_flip():
    assert nnunet_preset((8, 8, 8), mirror_axes=("z", "y")).flip.axes == ("z", "y")
