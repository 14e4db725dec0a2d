import json
import platform

import pytest

from kseg.bundle import ModelDescription, PredictDefaults
from kseg.dataset import Regions
from tests.bundle.folders import description


def test_a_description_survives_json():
    whole = description()
    assert ModelDescription.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole
    plain = description(predict=PredictDefaults(), phantom=False)
    assert ModelDescription.from_dict(json.loads(json.dumps(plain.to_dict()))) == plain


def test_regions_survive_json_and_older_readers_are_warned_off():
    regions = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
    described = description(regions=regions)
    assert ModelDescription.from_dict(json.loads(json.dumps(described.to_dict()))) == described
    assert described.to_dict()["format"] == 2 and description().to_dict()["format"] == 1
    assert described.outputs == 2 and description().outputs == 3


def test_it_says_that_it_is_for_research_only():
    assert "Not a medical device" in description().to_dict()["notice"]


def test_it_holds_neither_time_nor_host_nor_path():
    data = description().to_dict()
    assert list(data) == [
        "format", "notice", "name", "trained_on", "phantom", "network", "channels", "labels",
        "preprocess", "patch_size_zyx", "precision", "predict", "reading",
    ]  # fmt: skip
    text = json.dumps(data)
    assert platform.node() not in text and "/" not in text and "202" not in text


@pytest.mark.parametrize("key", description().to_dict())
def test_every_key_but_the_envelope_must_be_there(key):
    data = description().to_dict()
    del data[key]
    if key in ("format", "notice"):
        assert ModelDescription.from_dict(data) == description()
    else:
        with pytest.raises(KeyError, match=key):
            ModelDescription.from_dict(data)


def test_a_key_of_prediction_that_nothing_reads_is_refused():
    data = description().to_dict()
    data["predict"]["step"] = 0.5
    with pytest.raises(TypeError, match="step"):
        ModelDescription.from_dict(data)
