import json

import pytest

from kseg.workflow.provenance import DATA_FILE, ORIGINS_FILE


@pytest.fixture(scope="module")
def record(tiny_run):
    return json.loads((tiny_run.folder / DATA_FILE).read_text())


def test_each_value_of_the_recipe_has_its_origin(tiny_run):
    origins = json.loads((tiny_run.folder / ORIGINS_FILE).read_text())
    assert origins["model.depth"]["value"] == 2
    assert origins["model.depth"]["origin"].endswith("tiny.yaml:6")
    assert origins["predict.overlap"] == {"value": 0.5, "origin": "default"}
    assert origins["data.root"]["origin"] == "--data"
    assert origins["patches.size"]["value"] == [16, 16, 16]


def test_a_run_tells_which_cases_train_and_which_validate(record, tiny_run):
    assert len(record["train"]) == 4 and len(record["validation"]) == 2
    assert sorted(record["train"] + record["validation"]) == [f"case{n}" for n in range(6)]
    assert record["phantom"] is True and record["labels"] == ["organ", "lesion"]
    # Where the data lie is nobody's business who is given the run.
    assert str(tiny_run.data) not in json.dumps(record)


def test_the_volumes_are_those_of_the_boxes_that_were_drawn(record):
    """The box is 8x8x8 voxels of 1.0x1.2x2.0 or 1.5x1.0x1.0 mm, less the lesion in it."""
    organ, lesion = record["train_volumes_ml"]["organ"], record["train_volumes_ml"]["lesion"]
    drawn = {round((512 - 27) * ml / 1000, 3) for ml in (2.4, 1.5)}
    for volume in organ:
        assert min(abs(volume - whole) for whole in drawn) < 0.25 * volume
    assert all(0.02 < volume < 0.12 for volume in lesion)
