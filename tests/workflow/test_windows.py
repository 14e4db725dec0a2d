from kseg.recipe import load_recipe
from kseg.workflow.windows import window_settings


def recipe(*words):
    return load_recipe("liver", words).recipe


def test_the_window_is_as_large_as_a_patch():
    settings = window_settings(recipe("patches.size=[32,64,64]"), ("background", "liver"))
    assert settings.size_zyx == (32, 64, 64)


def test_nothing_is_mirrored_unless_the_recipe_asks():
    settings = window_settings(recipe("predict.mirror=false"), ("background", "liver"))
    assert settings.mirror_axes == ()


def test_all_axes_are_mirrored_where_no_label_has_a_side():
    settings = window_settings(recipe("predict.mirror=true"), ("background", "liver"))
    assert settings.mirror_axes == (0, 1, 2)


def test_left_and_right_are_never_exchanged():
    names = ("background", "left kidney", "right kidney")
    assert window_settings(recipe("predict.mirror=true"), names).mirror_axes == (0, 1)
