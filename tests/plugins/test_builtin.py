from kseg import parts
from kseg.dataset.open import READERS
from kseg.patches import augment
from kseg.plugins import BUILTIN, GROUPS, KINDS, find_component, list_components
from kseg.workflow.augmentation import KINDS as AUGMENTATIONS


def test_every_part_is_in_the_table_and_is_what_the_table_says():
    rooms = ("layers", "losses", "metrics", "models", "schedules")
    named = {name: kind for kind in rooms for name in BUILTIN[kind]}
    # Arguments are no component: what they are given to is.
    assert sorted(named) == [name for name in parts.__all__ if name != "nnunet_arguments"]
    for name, kind in named.items():
        assert find_component(kind, name).load() is getattr(parts, name)


def test_every_source_and_augmentation_of_a_recipe_is_in_the_table():
    assert set(BUILTIN["sources"]) == {*READERS, "phantom", "digits"}
    assert set(BUILTIN["augment"]) == set(AUGMENTATIONS)
    for component in (*list_components("sources"), *list_components("augment")):
        assert callable(component.load())
    assert find_component("augment", "lowres").load() is augment.Lowres


def test_every_kind_has_its_table_and_its_group():
    assert set(BUILTIN) == set(KINDS)
    assert set(KINDS) - set(GROUPS) == {"schedules"}
    assert GROUPS["losses"] == "kseg.losses"
