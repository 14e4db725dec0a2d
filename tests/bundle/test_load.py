import json
import sys

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kseg.bundle import load_network, read_model, transfer_weights
from kseg.dataset import Regions
from kseg.errors import ModelFileError
from tests.bundle.archives import zip_model
from tests.bundle.folders import ARGUMENTS, LABELS, arrays_of, network, renew_digest, write_folder
from tests.bundle.test_parse import places, spoilt

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
    assert error.file == str(tmp_path / "model.json") and "unet" in error.why


@pytest.mark.parametrize("name", ["DeepSupervisionModel", "kseg.models:build", "kseg.models:fcn"])
def test_what_is_no_network_for_these_arguments_is_refused(tmp_path, name):
    folder = read_model(write_folder(tmp_path, network=name))
    assert refused(load_network, folder).code in ("KS-M04", "KS-M07")


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


def test_a_strangers_words_reach_no_terminal(tmp_path):
    folder = read_model(write_folder(tmp_path, arguments={**ARGUMENTS, "norm": "\x1b[2Jx\n"}))
    error = refused(load_network, folder)
    assert error.code == "KS-M04" and error.why.isprintable() and "x1b" in error.why


def test_weights_of_another_shape_are_refused_by_name(tmp_path):
    folder = read_model(write_folder(tmp_path, arguments={**ARGUMENTS, "filters": 3}))
    error = refused(load_network, folder)
    assert error.code == "KS-M02" and error.file == str(tmp_path / "weights.safetensors")
    assert "must have the shape" in error.why and "down_0_0/convolution/kernel" in error.why


def test_weights_that_lack_an_array_are_refused_by_name(tmp_path):
    write_folder(tmp_path)
    arrays = load_file(tmp_path / "weights.safetensors")
    del arrays["head_0/bias"]
    save_file(arrays, tmp_path / "weights.safetensors")
    renew_digest(tmp_path)
    assert "head_0/bias" in refused(load_network, read_model(tmp_path)).why


def spoil_weights(path, change):
    arrays = dict(load_file(path / "weights.safetensors"))
    change(arrays)
    save_file(arrays, path / "weights.safetensors")
    renew_digest(path)


def test_a_weight_too_many_is_refused_by_name(tmp_path):
    write_folder(tmp_path)
    spoil_weights(tmp_path, lambda arrays: arrays.update(extra=np.ones(2, "float32")))
    assert "'extra' must not be there" in refused(load_network, read_model(tmp_path)).why


def test_weights_of_another_type_are_refused_by_name(tmp_path):
    write_folder(tmp_path)
    spoil_weights(
        tmp_path,
        lambda arrays: arrays.update({"head_0/bias": arrays["head_0/bias"].astype("float64")}),
    )
    why = refused(load_network, read_model(tmp_path)).why
    assert "head_0/bias" in why and "float64" in why


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    write_folder(tmp_path)
    spoil_weights(tmp_path, lambda arrays: arrays["head_0/bias"].fill(np.nan))
    folder = read_model(tmp_path)
    for arguments in ([load_network, folder], [transfer_weights, folder, network(), LABELS]):
        error = refused(*arguments)
        assert error.code == "KS-M02" and "head_0/bias" in error.why


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_it_computes_as_in_training_and_leaves_the_callers_own_precision_alone(tmp_path, precision):
    folder = read_model(write_folder(tmp_path, precision=precision))
    model = load_network(folder)
    assert model.get_layer("down_0_0").compute_dtype == precision
    assert model.get_layer("head_0").compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("section", ["network", "channels", "labels"])
def test_any_value_in_the_network_is_built_or_refused_in_kind(tmp_path, section):
    write_folder(tmp_path)
    data = json.loads((tmp_path / "model.json").read_text())
    for path in places({section: data[section]}):
        for value in (None, "x", 0, 2**31, 10**30, [], {"x": 1}, "../x", {"class_name": "L2"}):
            (tmp_path / "model.json").write_text(json.dumps(spoilt(data, path, value)))
            try:
                load_network(read_model(tmp_path))
            except ModelFileError:
                pass


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


def test_a_zip_hands_on_its_weights_as_its_folder_does(tmp_path):
    source, target = network(seed=1), network(seed=2)
    archive = zip_model(tmp_path / "m.zip", write_folder(tmp_path / "m", source))
    taken, fresh = transfer_weights(read_model(archive), target, LABELS)
    assert fresh == [] and len(taken) == len(source.weights)
    for name, array in arrays_of(source).items():
        np.testing.assert_array_equal(arrays_of(target)[name], array)


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
    assert error.code == "KS-M05" and error.file == str(tmp_path / "weights.safetensors")
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
