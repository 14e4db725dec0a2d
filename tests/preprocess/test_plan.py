from dataclasses import dataclass

import pytest

from kseg.errors import RecipeError
from kseg.preprocess.fingerprint import PERCENTS, ChannelStatistics, Fingerprint
from kseg.preprocess.plan import make_plan, median_spacing


@dataclass
class Rule:
    clip_percentiles: tuple | None = (0.5, 99.5)
    scale: str = "zscore"
    over: str = "foreground"


STATISTICS = ChannelStatistics(
    mean=50.0,
    std=10.0,
    low=0.5,
    high=99.5,
    median=50.0,
    minimum=0.0,
    maximum=100.0,
    percentiles=tuple(float(percent) for percent in PERCENTS),
)


def fingerprint(spacings=((3.0, 1.0, 1.0),), shapes=((40, 200, 200),), channels=1):
    return Fingerprint(
        cases=len(spacings),
        spacings_mm=tuple(spacings),
        shapes_zyx=tuple(shapes) * (len(spacings) // len(shapes)),
        channels=(STATISTICS,) * channels,
        label_voxels=(100, 10),
    )


def plan_for(channels, intensity, spacing_mm=(2.0, 2.0, 2.0)):
    return make_plan(
        fingerprint(channels=len(channels)),
        spacing_mm=spacing_mm,
        crop=True,
        intensity=intensity,
        channels=channels,
    )


def test_ct_is_clipped_and_scaled_by_the_foreground_of_the_training_split():
    (scaling,) = plan_for(["CT"], {"CT": Rule(clip_percentiles=(2, 98))}).scalings
    assert (scaling.kind, scaling.clip_low, scaling.clip_high) == ("fixed", 2.0, 98.0)
    assert (scaling.mean, scaling.std) == (50.0, 10.0)


def test_mr_is_scaled_image_by_image():
    rules = {"CT": Rule(), "MRI": Rule(clip_percentiles=None, over="image")}
    scalings = plan_for(["FLAIR", "T1w-contrast"], rules).scalings
    assert [scaling.kind for scaling in scalings] == ["per_image", "per_image"]
    assert scalings[0].clip_low is None


@pytest.mark.parametrize("name", ["CT", "ct", "portal CT", "CT_venous", "CTA", "CBCT"])
def test_names_of_ct_channels_take_the_ct_rule(name):
    plan = plan_for([name], {"CT": Rule(), "default": Rule(over="image")})
    assert plan.scalings[0].kind == "fixed"


@pytest.mark.parametrize("name", ["SPECT", "reconstructed", "ADC", "PET"])
def test_letters_ct_inside_a_word_do_not_make_a_ct(name):
    plan = plan_for([name], {"CT": Rule(), "default": Rule(over="image")})
    assert plan.scalings[0].kind == "per_image"


def test_channel_s_own_name_wins():
    plan = plan_for(["CT"], {"ct": Rule(), "CT": Rule(scale="none"), "default": Rule()})
    assert plan.scalings[0].kind == "none"


def test_capitals_do_not_matter_in_the_channel_s_own_name():
    plan = plan_for(["Flair"], {"FLAIR": Rule(scale="none"), "MRI": Rule()})
    assert plan.scalings[0].kind == "none"


def test_channel_without_any_rule_is_refused_with_a_way_out():
    with pytest.raises(RecipeError, match="no entry for the channel 'PET'") as caught:
        plan_for(["PET"], {"CT": Rule()})
    assert "default" in caught.value.fix


def test_per_image_percentiles_travel_with_the_plan():
    (scaling,) = plan_for(["MRI"], {"MRI": Rule(over="image")}).scalings
    assert scaling.clip_percentiles == (0.5, 99.5)
    assert scaling.clip_low is None


@pytest.mark.parametrize("spacing_mm", [(0, 1, 1), (1, 1), (float("inf"), 1, 1)])
def test_impossible_spacing_is_refused(spacing_mm):
    with pytest.raises(ValueError, match="spacing_mm"):
        plan_for(["CT"], {"CT": Rule()}, spacing_mm)


def test_median_spacing_is_the_median_of_each_axis():
    spacings = ((1.0, 0.5, 0.7), (2.0, 0.6, 0.7), (9.0, 0.7, 0.9))
    assert median_spacing(fingerprint(spacings)) == (2.0, 0.6, 0.7)


def test_coarse_axis_with_few_slices_takes_the_tenth_percentile():
    spacings = tuple((float(z), 1.0, 1.0) for z in range(2, 13))
    assert median_spacing(fingerprint(spacings)) == (3.0, 1.0, 1.0)


def test_coarse_axis_with_many_slices_keeps_the_median():
    spacings = tuple((float(z), 1.0, 1.0) for z in range(2, 13))
    shapes = ((100, 200, 200),)
    assert median_spacing(fingerprint(spacings, shapes)) == (7.0, 1.0, 1.0)


def test_coarse_axis_never_becomes_finer_than_the_others():
    spacings = tuple((z, 1.0, 1.0) for z in (0.5, 0.5, 5.0, 5.0, 5.0))
    assert median_spacing(fingerprint(spacings)) == (1.0, 1.0, 1.0)


def test_median_reaches_the_plan():
    assert plan_for(["CT"], {"CT": Rule()}, "median").spacing_mm == (3.0, 1.0, 1.0)
