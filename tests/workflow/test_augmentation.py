from dataclasses import fields

import pytest

from kseg.patches import Augmentation, nnunet_preset
from kseg.recipe import AugmentSection, load_recipe, recipe_to_yaml
from kseg.workflow.augmentation import KINDS, make_augmentation

SIZE, SPACING, LABELS = (16, 32, 32), (2.0, 1.0, 1.0), ("background", "liver")

# One other value for every key of the section; the name of a setting is the name of its key.
CHANGED = {
    "flip": {"probability": 0.3, "axes": ("z",)},
    "affine": {
        "rotation_degrees": 12.0,
        "rotation_probability": 0.4,
        "scale": (0.9, 1.1),
        "scale_probability": 0.6,
    },
    "noise": {"probability": 0.3, "sigma_max": 0.05},
    "blur": {"probability": 0.3, "sigma": (0.1, 0.2)},
    "brightness": {"probability": 0.3, "range": (0.9, 1.2)},
    "contrast": {"probability": 0.3, "range": (0.9, 1.2)},
    "lowres": {"probability": 0.3, "zoom": (0.7, 0.9)},
    "gamma": {"probability": 0.35, "range": (0.9, 1.2), "inverted_probability": 0.2},
}


def made(labels=LABELS, size=SIZE, spacing=SPACING, **keys):
    return make_augmentation(AugmentSection(**keys), size, spacing, labels)


def test_without_a_word_in_the_recipe_it_is_nnunets():
    assert made() == nnunet_preset(SIZE, SPACING)
    assert made(size=(8, 64, 64)) == nnunet_preset((8, 64, 64), SPACING)


@pytest.mark.parametrize(
    ("kind", "key"), [(kind, key) for kind, keys in CHANGED.items() for key in keys]
)
def test_every_key_of_the_recipe_reaches_its_setting_and_no_other(kind, key):
    value = CHANGED[kind][key]
    changed = made(**{kind: {key: value}})
    expected = (value,) * 3 if key == "rotation_degrees" else value
    assert getattr(getattr(changed, kind), key) == expected
    assert expected != getattr(getattr(made(), kind), key)
    for other in set(KINDS) - {kind}:
        assert getattr(changed, other) == getattr(made(), other)


def test_no_key_of_the_section_is_left_out_here():
    for kind in KINDS:
        assert set(type(getattr(AugmentSection(), kind)).model_fields) == set(CHANGED[kind])
    assert {field.name for field in fields(Augmentation)} == {*KINDS, "plugged"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_chance_of_0_turns_a_kind_off(kind):
    off = {key: 0.0 for key in CHANGED[kind] if key.endswith("probability")}
    augmentation = made(**{kind: off})
    assert getattr(augmentation, kind) is None
    assert all(getattr(augmentation, other) is not None for other in set(KINDS) - {kind})


@pytest.mark.parametrize(("kind", "chance"), [("affine", "scale"), ("gamma", "inverted")])
def test_a_kind_with_two_chances_stays_while_one_is_left(kind, chance):
    off = {key: 0.0 for key in CHANGED[kind] if key.endswith("probability")}
    kept = getattr(made(**{kind: off | {f"{chance}_probability": 0.5}}), kind)
    assert getattr(kept, f"{chance}_probability") == 0.5


def test_preset_none_does_only_the_kinds_that_are_named():
    augmentation = made(preset="none", noise={"probability": 0.5})
    assert augmentation.noise.probability == 0.5
    assert all(getattr(augmentation, kind) is None for kind in set(KINDS) - {"noise"})


def test_labels_in_left_right_pairs_keep_x_from_being_mirrored():
    pairs = ("background", "left kidney", "right kidney")
    assert made(pairs).flip.axes == ("z", "y")
    assert made().flip.axes == ("z", "y", "x")
    assert made(pairs, flip={"axes": ("x",)}).flip.axes == ("x",)


def test_an_angle_of_ones_own_holds_only_where_slices_may_mix():
    coarse = {"spacing": (5.0, 1.0, 1.0)}
    assert made(**coarse).affine.rotation_degrees == (180.0, 0.0, 0.0)
    mine = made(affine={"rotation_degrees": 10.0}, **coarse)
    assert mine.affine.rotation_degrees == (10.0, 0.0, 0.0)
    still = made(affine={"rotation_degrees": 0.0})
    assert still.affine.rotation_degrees == (0.0, 0.0, 0.0)


def test_a_recipe_written_out_in_full_augments_as_the_short_one(tmp_path):
    loaded = load_recipe("abdomen").recipe
    written = tmp_path / "full.yaml"
    written.write_text(recipe_to_yaml(loaded))
    args = ((16, 64, 64), (5.0, 1.0, 1.0), LABELS)
    full = load_recipe(written).recipe
    assert make_augmentation(full.augment, *args) == make_augmentation(loaded.augment, *args)
