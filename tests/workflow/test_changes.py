import pytest

from kseg.errors import RunFolderError
from kseg.workflow.changes import (
    data_changes,
    impossible,
    judged_otherwise,
    recipe_changes,
    refuse_changes,
)
from kseg.workflow.identity import data_identity


def identity(**recipe):
    return {"kseg": "0.1.0", "recipe": {"fit.init": None, **recipe}}


def data(train, validation=None, labels=("background", "liver"), channels=("CT",)):
    return identity() | data_identity(labels, channels, train, validation or {})


def test_G10_each_changed_key_is_told_with_both_values():
    before = identity(**{"patches.size": [8, 8, 8], "schedule.power": 0.9})
    now = identity(**{"patches.size": [8, 8, 16], "schedule.staircase": True})
    assert recipe_changes(before, now) == [
        "patches.size: [8, 8, 8] -> [8, 8, 16]",
        "schedule.staircase: null -> true",
        "schedule.power: 0.9 -> null",
    ]
    assert recipe_changes(now, now) == []


def test_G10_each_plug_in_is_told_with_both_versions():
    before = identity() | {"plugins": [["loss", "a.Dice", "1.0"], ["model", "b.Net", "2.0"]]}
    now = identity() | {"plugins": [["loss", "a.Dice", "1.1"]]}
    assert recipe_changes(before, now) == [
        "loss a.Dice 1.0 -> 1.1",
        "model b.Net 2.0 -> not there",
    ]


def test_G10_a_plug_in_without_a_version_is_told_so():
    before = identity() | {"plugins": [["loss", "a:Dice", ""]]}
    assert recipe_changes(identity(), before) == ["loss a:Dice not there -> without version"]
    assert recipe_changes(before, identity()) == ["loss a:Dice without version -> not there"]


def test_G10_how_files_are_read_is_told_and_may_be_accepted_if_no_label_changes():
    before, now = (data({"a": "1"}) | {"reading": {"affine_from": a}} for a in ("auto", "sform"))
    assert data_changes(before, now) == ["reading: {affine_from: auto} -> {affine_from: sform}"]
    assert impossible(before, now) == []


def test_G10_each_changed_case_is_told_with_what_happened_to_it():
    before = data({"a": "1", "b": "2", "c": "3"}, {"v": "4"})
    now = data({"a": "1", "b": "9", "v": "5"}, {"c": "3", "new": "6"})
    assert data_changes(before, now) == [
        "case b: its files changed",
        "case c: it trained -> it validates",
        "case v: it validates -> it trained",
        "case v: its files changed",
        "case new: not there -> it validates",
    ]
    assert data_changes(before, data({"a": "1", "b": "2"}, {"v": "4"})) == [
        "case c: it trained -> not there"
    ]


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (data({"a": "1"}, labels=("background", "spleen")), "labels"),
        (data({"a": "1"}) | {"regions": {"core": [1]}}, "labels"),
        (data({"a": "1"}) | {"reading": {"ignore": 2}}, "labels"),
        (data({"a": "1"}, channels=("MR",)), "channels"),
        (data({}, {"copy": "1"}), "trained on copy, so that it cannot be validated"),
        (data({}, {"a": "1"}), "trained on a, so that it cannot be validated"),
        (data({"a": "1"}) | identity(**{"fit.init": "run"}), "before the first step"),
    ],
)
def test_G10_what_would_spoil_the_training_is_refused_whoever_accepts_it(now, reason):
    (why,) = impossible(data({"a": "1"}), now)
    assert reason in why
    changes = ["something"]
    with pytest.raises(RunFolderError, match="cannot go on with these changes") as refused:
        refuse_changes(changes, [why], True, "run")
    assert why in refused.value.why and "--accept-changes" not in refused.value.fix


def test_a_changed_mask_or_a_new_case_may_be_accepted():
    assert impossible(data({"a": "1"}), data({"a": "2", "b": "3"}, {"c": "4"})) == []
    refuse_changes(["case a: its files changed"], [], True, "run")
    refuse_changes([], [], False, "run")


def test_G10_changes_are_refused_with_their_list_and_the_way_to_accept_them():
    changes = [f"case {number}: its files changed" for number in range(30)]
    with pytest.raises(RunFolderError, match="began otherwise") as refused:
        refuse_changes(changes, [], False, "run")
    assert refused.value.code == "KS-G10" and "--accept-changes" in refused.value.fix
    assert changes[19] in refused.value.why and changes[20] not in refused.value.why
    assert "and 10 changes more" in refused.value.why


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (data({"a": "9"}, {"v": "1"}), False),
        (data({"a": "1"}, {"v": "2"}), True),
        (data({"a": "1"}, {"v": "1", "w": "2"}), True),
        (data({"a": "1"}, {"v": "1"}) | {"reading": {"affine_from": "sform"}}, True),
        (data({"a": "1"}, {"v": "1"}) | identity(**{"optimizer.learning_rate": 1}), False),
        (data({"a": "1"}, {"v": "1"}) | identity(**{"predict.overlap": 0.1}), True),
        (data({"a": "1"}, {"v": "1"}) | identity(**{"predict.batch": 1}), False),
        (data({"a": "1"}, {"v": "1"}) | identity(**{"preprocess.crop": True}), True),
        (data({"a": "1"}, {"v": "1"}) | identity(**{"data.fold": 1}), True),
        (data({"a": "1"}, {"v": "1"}) | identity(**{"patches.size": [8, 8, 8]}), True),
    ],
)
def test_scores_are_comparable_as_long_as_the_same_is_judged_alike(now, expected):
    assert judged_otherwise(data({"a": "1"}, {"v": "1"}), now) is expected
