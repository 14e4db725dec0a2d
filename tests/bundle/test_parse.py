import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.bundle import ModelDescription, PredictDefaults
from kseg.bundle.parse import check_description, parse_description
from kseg.dataset import ReadOptions, Regions
from kseg.preprocess import ChannelScaling, PreprocessPlan
from tests.bundle.folders import description

REGIONS = Regions(("whole", "core"), ((1, 2), (2,)), (1, 2))
DATA = json.loads(json.dumps(description(regions=REGIONS).to_dict()))
GADGETS = [
    {"class_name": "Lambda", "config": {"function": ["4wAAAA==", None, None]}},
    {"class_name": "TFSMLayer", "config": {"filepath": "/tmp/evil"}},
    {"class_name": "function", "module": "keras.config", "config": "enable_unsafe_deserialization"},
    {"class_name": "__lambda__", "config": {"value": "x"}},
    {"class_name": "L2", "module": "os", "config": {"l2": 1.0}},
]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5) | st.just("class_name"), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(data, path=()):
    """Return the path of every value in nested data."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    found = []
    for key, value in items:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += places(value, (*path, key))
    return found


def spoilt(data, path, value):
    data = copy.deepcopy(data)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return data


def refused(data):
    with pytest.raises(ValueError) as caught:
        parse_description(data)
    assert type(caught.value) is ValueError
    return str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"predict": PredictDefaults(), "phantom": False},
        {"regions": REGIONS},
        {"reading": ReadOptions(joined=(0, 1, 1))},
        {"label_names": ("background", 'Leber "links"\n', "肝臓")},
        {"arguments": {"filters": [4, 8], "strides": [1, [1, 2, 2]], "use_bias": None}},
        {"arguments": {"block": {"name": "a/B", "args": {"rates": [1, 2, [3]]}}}},
        {"network": "my_package.models:my_net", "arguments": {"width": 8, "note": "x y"}},
    ],
)
def test_a_description_survives_json(changes):
    whole = description(**changes)
    assert parse_description(json.loads(json.dumps(whole.to_dict()))) == whole
    check_description(whole)


@pytest.mark.parametrize("path", [p for p in places(DATA) if isinstance(p[-1], str)])
def test_every_key_must_be_there_and_is_named(path):
    data = copy.deepcopy(DATA)
    place = data
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    if path[:2] == ("network", "arguments") and len(path) > 2:
        parse_description(data)
    elif path[:2] == ("regions", "labels") and len(path) > 2:
        assert "regions.regions_class_order" in refused(data)
    else:
        assert f"{path[-1]}` must be there" in refused(data)


@pytest.mark.parametrize("place", [p for p in places(DATA) if isinstance(p[-1], str)])
def test_a_key_that_nothing_reads_is_refused(place):
    if place[:2] not in (("network", "arguments"), ("regions", "labels")) or len(place) < 3:
        assert "'step'" in refused(spoilt(DATA, (*place[:-1], "step"), 1))


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        (("channels",), [], "channels"),
        (("labels",), ["background"], "labels"),
        (("labels", 1), "x" * 1001, "labels.1"),
        (("labels", 1), "\ud800", "labels.1"),
        (("patch_size_zyx",), [64, 64], "patch_size_zyx"),
        (("patch_size_zyx", 0), 0, "patch_size_zyx.0"),
        (("patch_size_zyx",), [4096, 4096, 4096], "patch_size_zyx"),
        (("precision",), "float64", "precision"),
        (("preprocess", "spacing_mm", 1), 0, "preprocess.spacing_mm.1"),
        (("preprocess", "scalings"), [], "preprocess.scalings"),
        (("preprocess", "scalings", 0, "std"), -1.0, "preprocess.scalings.0"),
        (("preprocess", "scalings", 0, "mean"), 1e300, "preprocess.scalings.0.mean"),
        (("preprocess", "scalings", 0, "kind"), "percentile", "preprocess.scalings.0"),
        (("preprocess", "scalings", 1, "clip_percentiles"), [0, 101], "clip_percentiles.1"),
        (("predict", "overlap"), 0.9999, "predict.overlap"),
        (("predict", "overlap"), -0.1, "predict.overlap"),
        (("predict", "batch"), 10**9, "predict.batch"),
        (("predict", "mirror_axes"), [0, 0], "predict.mirror_axes"),
        (("predict", "mirror_axes"), [3], "predict.mirror_axes.0"),
        (("predict", "keep_largest"), 1, "predict.keep_largest"),
        (("reading", "assume_orientation"), "RAX", "reading.assume_orientation"),
        (("reading", "assume_orientation"), "RLA", "reading.assume_orientation"),
        (("reading", "joined"), [-1], "reading.joined.0"),
        (("network", "arguments"), [], "network.arguments"),
        (("network", "arguments", "filters"), 10**400, "network.arguments.filters"),
        (("network", "arguments", "filters"), [1] * 5000, "network.arguments.filters"),
        (("network", "arguments", "name"), "x" * 2000, "network.arguments.name"),
        (("network", "arguments", "x"), [[[[[[[[1]]]]]]]], "must nest less deep"),
        (("phantom",), "no", "phantom"),
        (("reading", "ignore"), 0, "reading.ignore"),
        (("regions", "labels"), {}, "regions.labels"),
        (("regions", "labels", "core"), [0], "regions.labels.core.0"),
        (("regions", "labels", "core"), [3], "regions.labels.core.0"),
        (("regions", "regions_class_order"), [1], "regions.regions_class_order"),
        (("regions", "regions_class_order"), [1, 1], "regions.regions_class_order.1"),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_name(path, value, name):
    assert name in refused(spoilt(DATA, path, value))


@pytest.mark.parametrize("gadget", GADGETS)
@pytest.mark.parametrize("key", ["kernel_initializer", "activation", "anything"])
def test_arguments_that_describe_code_are_refused_without_keras(gadget, key):
    for value in (gadget, [1, {"deeper": gadget}]):
        why = refused(spoilt(DATA, ("network", "arguments", key), value))
        assert "`network.arguments` must hold plain values" in why


@settings(max_examples=400)
@given(st.sampled_from(places(DATA)), ANY_JSON)
def test_any_value_in_any_place_gives_a_description_or_a_value_error(path, value):
    try:
        found = parse_description(spoilt(DATA, path, value))
    except ValueError as error:
        assert type(error) is ValueError and len(str(error)) < 3000
    else:
        assert isinstance(found, ModelDescription)
        check_description(found)


def test_what_could_not_be_read_is_not_written():
    plan = PreprocessPlan((1.0, 1.0, 1.0), (ChannelScaling("none"),))
    for changes, name in [
        ({"preprocess": plan}, "preprocess.scalings"),
        ({"label_names": ("background",)}, "labels"),
        ({"predict": PredictDefaults(overlap=1.0)}, "predict.overlap"),
    ]:
        with pytest.raises(ValueError, match=name):
            check_description(description(**changes))
