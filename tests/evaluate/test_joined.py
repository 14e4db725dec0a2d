import json

import numpy as np
import pytest

from kseg.errors import ManifestError, RunFolderError
from kseg.evaluate import (
    EvaluatedLabel,
    EvaluateSettings,
    evaluate_pairs,
    find_pairs,
    find_truth,
    join_as_recorded,
    joined_of_run,
    joined_record,
)
from tests.evaluate.mask_folders import block, declare, write

NAMES = ("background", "organ", "lesion", "vessel")
BODY = joined_record(NAMES, (0, 1, 1, 0), [EvaluatedLabel("body", (1,))])
TRUTH = block((1, 1, slice(1, 4), slice(1, 9)), (2, 2, 2, slice(1, 9)), (3, 3, 2, 2))
PREDICTED = block((1, 1, slice(1, 4), slice(1, 9)), (1, 2, 2, slice(1, 9)))


@pytest.fixture
def data(tmp_path):
    """A folder of true masks with three labels."""
    folder = tmp_path / "truth"
    for name in "abc":
        write(folder / f"{name}.nii.gz", TRUTH)
    declare(folder / "labels.json", {name: value for value, name in enumerate(NAMES)})
    return folder


def make_run(folder, joined=BODY, labels=("body",), voxels=PREDICTED):
    for name in "abc":
        write(folder / "validation/masks" / f"{name}.nii.gz", voxels)
    record = {"labels": list(labels)} | ({} if joined is None else {"joined": joined})
    (folder / "data.json").write_text(json.dumps(record))
    return folder


def make_predictions(folder, joined=BODY, labels=("body",), voxels=PREDICTED):
    for name in "abc":
        write(folder / f"{name}.nii.gz", voxels)
    record = {"labels": ["background", *labels]} | ({} if joined is None else {"joined": joined})
    (folder / "predictions.json").write_text(json.dumps(record))
    return folder


def scores_of(truth, predicted):
    found = evaluate_pairs(find_pairs(truth, predicted), EvaluateSettings(), threads=1)
    assert not found.failures
    return {(score.case, score.label): score.dice for score in found.scores}


@pytest.mark.parametrize("place", ["", "validation/masks", "validation/masks/a.nii.gz"])
def test_the_truth_is_joined_as_the_run_of_the_masks_was(data, tmp_path, place):
    predicted = make_run(tmp_path / "run") / place
    truth, told = join_as_recorded(find_truth(data), [predicted])
    assert told == ("the true labels were joined as the run recorded it: body = organ + lesion",)
    assert set(scores_of(truth, predicted).values()) == {1.0}
    assert truth.labels.names == ("body",)


def test_what_kseg_predict_wrote_tells_it_too(data, tmp_path):
    predicted = make_predictions(tmp_path / "masks")
    truth, told = join_as_recorded(find_truth(data), [predicted])
    assert "body = organ + lesion" in told[0]
    assert set(scores_of(truth, predicted).values()) == {1.0}


def test_masks_of_which_nothing_is_known_leave_the_truth_as_it_is(data, tmp_path):
    make_run(tmp_path / "run")
    masks = (tmp_path / "run/validation/masks").rename(tmp_path / "masks")
    truth = find_truth(data)
    assert join_as_recorded(truth, [masks]) == (truth, ())
    (masks / "predictions.json").write_text('[{"made by": "another tool"}]')
    assert join_as_recorded(truth, [masks]) == (truth, ())


def test_a_run_that_joined_nothing_leaves_the_truth_as_it_is(data, tmp_path):
    run = make_run(tmp_path / "run", None, NAMES[1:])
    truth = find_truth(data)
    assert join_as_recorded(truth, [run]) == (truth, ())


def test_other_names_without_a_record_of_why_are_told(data, tmp_path):
    for predicted in (
        make_run(tmp_path / "run", None),
        make_predictions(tmp_path / "masks", None),
    ):
        truth, (told,) = join_as_recorded(find_truth(data), [predicted])
        assert truth == find_truth(data)
        assert "labels body, and the truth has organ, lesion, vessel" in told and "--labels" in told


def test_a_truth_that_holds_the_joined_labels_already_is_left_alone(data, tmp_path):
    declare(data / "labels.json", {"background": 0, "body": 1})
    truth = find_truth(data)
    assert join_as_recorded(truth, [make_run(tmp_path / "run")]) == (truth, ())


def test_a_truth_without_names_is_joined_by_its_values(data, tmp_path):
    (data / "labels.json").unlink()
    run = make_run(tmp_path / "run")
    truth, _ = join_as_recorded(find_truth(data), [run])
    assert set(scores_of(truth, run).values()) == {1.0}


@pytest.mark.parametrize(
    "labels",
    [
        {"background": 0, "lesion": 1, "organ": 2, "vessel": 3},
        {"background": 0, "organ": 1, "lesion": 2, "vessel": 3, "bone": 4},
        {"background": 0, "organ": 1, "lesion": 2, "vessel": 9},
    ],
)
def test_a_truth_in_which_a_value_means_something_else_is_refused(data, tmp_path, labels):
    declare(data / "labels.json", labels)
    with pytest.raises(ManifestError, match="the run joined the labels 1 organ, 2 lesion") as no:
        join_as_recorded(find_truth(data), [make_run(tmp_path / "run")])
    assert no.value.code == "KS-V21" and "--labels" in no.value.fix


def test_a_value_that_nobody_joined_fails_its_case(data, tmp_path):
    write(data / "b.nii.gz", block((4, 1, 1, 1)))
    run = make_run(tmp_path / "run")
    truth, _ = join_as_recorded(find_truth(data), [run])
    found = evaluate_pairs(find_pairs(truth, run), EvaluateSettings(), threads=1)
    (failure,) = found.failures
    assert (failure.case, failure.code) == ("b", "KS-C05") and "label 4" in failure.why


def test_two_predictions_of_different_labels_are_not_compared(data, tmp_path):
    body = make_run(tmp_path / "body")
    other = joined_record(NAMES, (0, 1, 2, 2), [EvaluatedLabel("body", (1,))])
    for second in (
        make_run(tmp_path / "plain", None, NAMES[1:]),
        make_run(tmp_path / "other", other),
    ):
        with pytest.raises(ManifestError, match="two predictions hold different labels"):
            join_as_recorded(find_truth(data), [body, second])


def test_two_predictions_of_the_same_labels_are(data, tmp_path):
    body, unknown = make_run(tmp_path / "body"), tmp_path / "unknown"
    write(unknown / "a.nii.gz", PREDICTED)
    for second in (make_run(tmp_path / "again"), make_predictions(tmp_path / "p", None), unknown):
        truth, told = join_as_recorded(find_truth(data), [second, body])
        assert truth.labels.names == ("body",) and len(told) == 1


def test_regions_and_an_ignored_value_of_the_record_are_kept(data, tmp_path):
    """Whatever the truth's values become, the labels may be made of several of them."""
    regions = EvaluatedLabel("whole", (1, 2)), EvaluatedLabel("core", (2,))
    # Where the truth says vessel, nothing counts, whatever was predicted there.
    run = make_run(
        tmp_path / "run",
        joined_record(NAMES, (0, 1, 2, 3), regions, ignore=3),
        ("whole", "core"),
        np.where(TRUTH == 3, 1, TRUTH),
    )
    truth, told = join_as_recorded(find_truth(data), [run])
    assert "whole = organ + lesion, core = lesion" in told[0]
    assert set(scores_of(truth, run).values()) == {1.0}


PARTS = {"whole": [1, 2], "core": [2]}
WHOLE, CORE = EvaluatedLabel("whole", (1, 2)), EvaluatedLabel("core", (2,))
# What a run recorded from such a truth; a voxel of the vessel is background to it.
REGIONS = joined_record(NAMES, (0, 1, 2, 0), (WHOLE, CORE))


def predicted_by_a_model(folder, parts=PARTS, labels=NAMES[1:]):
    """Masks of a model folder alone, whose record has regions and not what a run joined."""
    make_predictions(folder, None, labels, np.where(TRUTH == 3, 0, TRUTH))
    file = folder / "predictions.json"
    regions = {"labels": parts, "regions_class_order": list(range(1, len(parts) + 1))}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"regions": regions}))
    return folder


def test_the_regions_of_a_model_without_its_run_are_judged_as_those_of_the_run(data, tmp_path):
    masks = predicted_by_a_model(tmp_path / "masks")
    truth, told = join_as_recorded(find_truth(data), [masks])
    made_of = "whole = organ + lesion, core = lesion"
    assert told == (f"the true labels were joined as the model recorded it: {made_of}",)
    assert truth.labels.labels == (WHOLE, CORE)
    assert set(scores_of(truth, masks).values()) == {1.0}
    run = make_run(tmp_path / "run", REGIONS, ("whole", "core"))
    by_run, _ = join_as_recorded(find_truth(data), [run])
    assert truth == by_run


def test_a_model_is_compared_with_a_run_of_the_same_regions_alone(data, tmp_path):
    masks = predicted_by_a_model(tmp_path / "masks")
    run = make_run(tmp_path / "run", REGIONS, ("whole", "core"))
    for predictions in ([masks, run], [run, masks]):
        truth, (told,) = join_as_recorded(find_truth(data), predictions)
        assert truth.labels.names == ("whole", "core") and "run recorded" in told
    others = [
        predicted_by_a_model(tmp_path / "other", {"whole": [1, 2, 3], "core": [2]}),
        make_run(tmp_path / "plain", None, NAMES[1:]),
        # Of these names, and yet none of its voxels are in both.
        make_run(tmp_path / "names", None, ("whole", "core")),
    ]
    for other in others:
        with pytest.raises(ManifestError, match="two predictions hold different labels"):
            join_as_recorded(find_truth(data), [masks, other])


@pytest.mark.parametrize("ignored", [3, 5])
def test_a_model_leaves_out_what_the_truth_says_to_ignore(data, tmp_path, ignored):
    declare(data / "labels.json", {name: at for at, name in enumerate(NAMES[:3])} | {
        "ignore": ignored
    })  # fmt: skip
    for name in "abc":
        write(data / f"{name}.nii.gz", np.where(TRUTH == 3, ignored, TRUTH))
    masks = predicted_by_a_model(tmp_path / "masks", labels=NAMES[1:3])
    truth, _ = join_as_recorded(find_truth(data), [masks])
    assert truth.labels.ignore == ignored
    assert set(scores_of(truth, masks).values()) == {1.0}


def test_a_model_of_other_labels_than_the_truth_is_refused(data, tmp_path):
    masks = predicted_by_a_model(tmp_path / "masks", labels=("body", "lesion"))
    with pytest.raises(ManifestError, match="the model makes regions of the labels 1 body") as no:
        join_as_recorded(find_truth(data), [masks])
    assert no.value.code == "KS-V21"


@pytest.mark.parametrize("parts", [{}, {"whole": [1, 9]}, {"whole": 1}, {"whole": [0]}, [1]])
def test_damaged_regions_are_refused(data, tmp_path, parts):
    masks = predicted_by_a_model(tmp_path / "masks", parts)
    with pytest.raises(RunFolderError) as refused:
        join_as_recorded(find_truth(data), [masks])
    assert refused.value.code == "KS-V11"


@pytest.mark.parametrize(
    "joined",
    [
        [],
        {"labels": {"body": [1]}},
        BODY | {"becomes": [0, "1"]},
        BODY | {"becomes": [0, 70000]},
        BODY | {"becomes": [0, True]},
        BODY | {"becomes": []},
        BODY | {"labels": {}},
        BODY | {"labels": {"body": []}},
        BODY | {"labels": {"body": 1}},
        BODY | {"value_names": 3},
        BODY | {"ignore": -1},
    ],
)
def test_a_damaged_record_is_refused(data, tmp_path, joined):
    run = make_run(tmp_path / "run", joined)
    with pytest.raises(RunFolderError) as refused:
        join_as_recorded(find_truth(data), [run])
    assert refused.value.code == "KS-V11" and refused.value.file == str(run / "data.json")


def test_a_record_that_is_no_json_is_refused(data, tmp_path):
    run = make_run(tmp_path / "run")
    (run / "data.json").write_text('{"labels": [')
    with pytest.raises(RunFolderError):
        join_as_recorded(find_truth(data), [run])


def test_what_a_run_joined_is_told_again_for_masks_of_the_same_labels(tmp_path):
    run = make_run(tmp_path / "run")
    assert joined_of_run(run, ["body"]) == {"joined": BODY}
    assert joined_of_run(run, ["liver"]) == joined_of_run(tmp_path, ["body"]) == {}
    assert joined_of_run(make_run(tmp_path / "plain", None), ["body"]) == {}
