import json
import platform

import kseg
from kseg.dataset import Regions
from tests.bundle.folders import description


def test_it_says_that_it_is_for_research_only_and_which_kseg_wrote_it():
    data = description().to_dict()
    assert "Not a medical device" in data["notice"]
    assert data["kseg"] == kseg.__version__


def test_a_network_has_an_output_for_each_label_or_for_each_region():
    regions = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
    assert description(regions=regions).outputs == 2 and description().outputs == 3


def test_it_holds_neither_time_nor_host_nor_path():
    data = description().to_dict()
    assert list(data) == [
        "kseg", "notice", "name", "trained_on", "phantom", "network", "channels", "labels",
        "regions", "preprocess", "patch_size_zyx", "precision", "predict", "reading",
    ]  # fmt: skip
    text = json.dumps(data)
    assert platform.node() not in text and "/" not in text and "202" not in text
