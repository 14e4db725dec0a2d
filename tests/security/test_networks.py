"""Descriptions of networks that would take all memory, or are not what their weights are."""

import tracemalloc

import numpy as np
import pytest

from kseg.bundle import load_network, read_model
from kseg.errors import ModelFileError
from tests.bundle.folders import ARGUMENTS, write_folder
from tests.security.watch import Watch

BOMBS = {
    "terabytes-of-filters": {"filters": 2**30, "max_filters": 2**30},
    "gigabytes-of-filters": {"filters": 4096, "max_filters": 2**20},
    "deep-beyond-measure": {"depth": 16, "convs_per_level": 16},
    "kernels-of-31-voxels": {"kernel_sizes": [31, 31], "filters": 512},
    "filters-by-the-thousand": {"depth": 16, "filters": [2] * 16},
    "terabytes-in-a-block": {
        "block": {"name": "Conv3DBlock", "args": {"groups": 1}},
        "filters": 2**30,
        "max_filters": 2**30,
    },
    "words-of-other-code": {"activation": "../evil", "kernel_initializer": "os.system"},
    "a-value-as-large-as-memory": {
        "bias_initializer": {"class_name": "Constant", "config": {"value": [[1.0] * 4000] * 9}},
        "norm": "none",
    },
}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A good folder that has been opened, so that all that Keras loads late is there."""
    folder = write_folder(tmp_path_factory.mktemp("good"))
    load_network(read_model(folder))
    return folder


def test_a_network_named_by_its_place_is_no_way_round_that(good, tmp_path):
    arguments = {**ARGUMENTS, **BOMBS["terabytes-of-filters"]}
    for name in ("kseg.models:unet", "kseg.models.unet:unet"):
        write_folder(tmp_path, network=name, arguments=arguments)
        with pytest.raises(ModelFileError, match="must have the shape"):
            load_network(read_model(tmp_path))


@pytest.mark.parametrize("name", BOMBS)
def test_it_is_refused_before_it_has_memory_and_nothing_runs(good, tmp_path, name):
    write_folder(tmp_path, arguments={**ARGUMENTS, **BOMBS[name]})
    tracemalloc.start()
    try:
        with Watch(tmp_path) as watch, pytest.raises(ModelFileError) as refused:
            load_network(read_model(tmp_path))
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
    assert watch.seen == []
    assert refused.value.code in ("KS-M02", "KS-M04")


def test_a_good_folder_is_opened_without_running_anything_either(good):
    with Watch(good) as watch:
        model = load_network(read_model(good))
        model(np.zeros((1, 8, 8, 8, 2), "float32"))
    assert watch.seen == []
