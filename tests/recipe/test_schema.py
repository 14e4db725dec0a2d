import json
from typing import get_args

import pytest
from pydantic import ValidationError

from kseg.recipe import Recipe, json_schema, schema_json
from kseg.recipe.section import Section

# A recipe must say how long to train, a search what to vary.
WITHOUT_DEFAULTS = ("FitSection", "ParameterSection", "TuneSection")


def sections(section=Recipe):
    yield section
    for field in section.model_fields.values():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, Section):
                yield from sections(kind)


@pytest.mark.parametrize("section", list(sections()), ids=lambda section: section.__name__)
def test_every_key_is_described_and_has_a_sound_default(section):
    for name, field in section.model_fields.items():
        assert field.description and field.description.endswith("."), name
    if section is not Recipe and section.__name__ not in WITHOUT_DEFAULTS:
        assert section() == section.model_validate(section().model_dump())


def test_a_recipe_is_frozen_and_refuses_unknown_keys():
    recipe = Recipe(kseg=1, name="a", fit={"steps": 1})
    with pytest.raises(ValidationError):
        recipe.name = "b"
    with pytest.raises(ValidationError):
        Recipe(kseg=1, name="a", fit={"steps": 1}, colour="red")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"patches": {"size": (20, 96, 96)}}, "Nearest allowed value: [16, 96, 96]"),
        ({"patches": {"size": (16, 16, 16)}}, "more than one voxel"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(values, message):
    with pytest.raises(ValidationError) as caught:
        Recipe(**{"kseg": 1, "name": "a", "fit": {"steps": 1}, **values})
    assert message in str(caught.value)


def test_the_json_schema_speaks_draft_7_and_allows_known_keys_only():
    schema = json.loads(schema_json())
    text = json.dumps(schema)
    assert schema["$schema"].startswith("http://json-schema.org/draft-07")
    assert "prefixItems" not in text
    assert "extends" in schema["properties"]
    for part in (schema, *schema["$defs"].values()):
        assert part["additionalProperties"] is False
        assert all("description" in key or "$ref" in key for key in part["properties"].values())
    assert json_schema() == schema
    assert {"type": "null"} in schema["$defs"]["FitSection"]["properties"]["budget"]["anyOf"]
