import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kseg.bundle import load_network, read_model, transfer_weights
from kseg.dataset import Regions
from kseg.errors import ModelFileError
from tests.bundle.folders import ARGUMENTS, LABELS, arrays_of, network, renew_digest, write_folder

OTHER_LABELS = ("background", "kidney", "lesion")


def refused(function, *arguments):
    with pytest.raises(ModelFileError) as caught:
        function(*arguments)
    assert caught.value.file and caught.value.fix and caught.value.exit_code == 2
    return caught.value


def test_an_unknown_network_is_refused(tmp_path):
    folder = read_model(write_folder(tmp_path, network="vnet"))
    error = refused(load_network, folder)
    assert error.code == "KS-M04" and "vnet" in error.why
    assert error.file == str(tmp_path / "model.json") and "unet" in error.fix


def test_a_block_of_another_package_is_not_imported_unless_that_is_allowed(tmp_path):
    block = {"name": "antigravity:geohash", "args": {}}
    folder = read_model(write_folder(tmp_path, arguments={**ARGUMENTS, "block": block}))
    error = refused(load_network, folder)
    assert error.code == "KS-M07" and "antigravity" in error.why
    assert "antigravity" not in sys.modules


def test_a_block_of_kseg_s_own_needs_no_leave(tmp_path):
    block = {"name": "Conv3DBlock", "args": {}}
    folder = read_model(write_folder(tmp_path, arguments={**ARGUMENTS, "block": block}))
    assert load_network(folder).count_params() == network().count_params()


@pytest.mark.parametrize(
    "change",
    [
        {"depth": 0},
        {"depth": "2"},
        {"width": 3},
        {"classes": 9},
        {"block": {}},
        {"block": {"name": "AttentionGate"}},
    ],
)
def test_arguments_that_build_no_network_are_refused(tmp_path, change):
    folder = read_model(write_folder(tmp_path, arguments={**ARGUMENTS, **change}))
    assert refused(load_network, folder).code == "KS-M04"


def test_weights_of_another_shape_are_refused_by_name(tmp_path):
    folder = read_model(write_folder(tmp_path, arguments={**ARGUMENTS, "filters": 3}))
    error = refused(load_network, folder)
    assert error.code == "KS-M02" and error.file == str(folder.weights)
    assert "must have the shape" in error.why and "down_0_0/convolution/kernel" in error.why


def test_weights_that_lack_an_array_are_refused_by_name(tmp_path):
    write_folder(tmp_path)
    arrays = load_file(tmp_path / "weights.safetensors")
    del arrays["head_0/bias"]
    save_file(arrays, tmp_path / "weights.safetensors")
    renew_digest(tmp_path)
    assert "head_0/bias" in refused(load_network, read_model(tmp_path)).why


def test_cut_off_weights_are_refused_even_if_the_description_vouches_for_them(tmp_path):
    write_folder(tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    renew_digest(tmp_path)
    folder = read_model(tmp_path)
    assert refused(load_network, folder).code == "KS-M02"
    assert refused(transfer_weights, folder, network(), LABELS).code == "KS-M02"


def transferred(path, source, target, labels=LABELS):
    before = arrays_of(target)
    taken, fresh = transfer_weights(read_model(write_folder(path, source)), target, labels)
    after = arrays_of(target)
    assert sorted(taken + fresh) == sorted(after)
    for name in taken:
        np.testing.assert_array_equal(after[name], arrays_of(source)[name])
    for name in fresh:
        np.testing.assert_array_equal(after[name], before[name])
    return fresh


def test_a_run_with_the_same_labels_hands_on_every_weight(tmp_path):
    assert transferred(tmp_path, network(seed=1), network(seed=2)) == []


@pytest.mark.parametrize("labels", [OTHER_LABELS, (*LABELS, "kidney"), LABELS[::-1]])
def test_a_run_with_other_labels_keeps_the_body_and_remakes_the_heads(tmp_path, labels):
    """Also where there are as many: fitting in shape is not fitting in meaning."""
    fresh = transferred(tmp_path, network(seed=1), network(labels, seed=2), labels)
    assert sorted(fresh) == ["head_0/bias", "head_0/kernel", "head_1/bias", "head_1/kernel"]


def test_other_channels_remake_the_first_layer_alone(tmp_path):
    fresh = transferred(tmp_path, network(seed=1), network(channels=1, seed=2))
    assert fresh == ["down_0_0/convolution/kernel"]


def test_a_deeper_network_takes_what_it_shares(tmp_path):
    fresh = transferred(tmp_path, network(seed=1), network(depth=3, seed=2))
    assert any(name.startswith("down_2_0") for name in fresh)
    assert not any(name.startswith(("down_0_0", "head_0")) for name in fresh)


def test_networks_that_share_nothing_are_refused(tmp_path):
    folder = read_model(write_folder(tmp_path))
    other = network(channels=1, filters=5)
    before = arrays_of(other)
    error = refused(transfer_weights, folder, other, OTHER_LABELS)
    assert error.code == "KS-M05" and error.file == str(folder.weights)
    for name, array in arrays_of(other).items():
        np.testing.assert_array_equal(array, before[name])


def test_a_run_with_other_regions_remakes_the_heads(tmp_path):
    """As many outputs as there are labels, and of another meaning."""
    regions = Regions(("all", "liver", "spleen"), ((1, 2), (1,), (2,)), (1, 1, 2))
    source, target = network(seed=1), network(seed=2)
    folder = read_model(write_folder(tmp_path, source))
    _, fresh = transfer_weights(folder, target, LABELS, regions)
    assert sorted(fresh) == ["head_0/bias", "head_0/kernel", "head_1/bias", "head_1/kernel"]
    again = write_folder(tmp_path / "regions", source, regions=regions)
    assert transfer_weights(read_model(again), target, LABELS, regions)[1] == []
    assert load_network(read_model(again)).count_params() == source.count_params()
