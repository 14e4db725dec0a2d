import pytest

from kseg.plugins import refuse_foreign_objects
from kseg.plugins.objects import NAMED


@pytest.mark.parametrize("name", NAMED)
def test_classes_that_hold_numbers_may_be_named(name):
    refuse_foreign_objects({"a": [1, {"class_name": name, "config": {"x": 0.5}}], "b": "Lambda"})


@pytest.mark.parametrize(
    "thing",
    [
        {"class_name": "Lambda", "config": {}},
        {"class_name": "kseg>DeepSupervisionModel", "config": {}},
        {"class_name": ["L2"], "config": {}},
        {"class_name": "L2", "config": {}, "registered_name": "os>system"},
        {"class_name": "L2", "config": {"seed": {"class_name": "system", "module": "os"}}},
    ],
)
def test_every_other_class_is_refused_however_deep_it_stands(thing):
    for value in (thing, [thing], {"a": ({"b": thing},)}):
        with pytest.raises(ValueError, match="An object must be one of"):
            refuse_foreign_objects(value)
