import json

import numpy as np
import pandas as pd
import pytest

from kseg.engine import WorkerDiedError
from kseg.errors import FolderInUseError, KsegError, RecipeError, RunFolderError, VolumeError
from kseg.evaluate import read_cases, write_tables
from kseg.fit import RunStoppedError
from kseg.recipe import load_recipe
from kseg.storage import FolderLock
from kseg.workflow import FoldOptions, cross_validate
from tests.workflow.crossvals import HereEngine, Tiny, fail_by

POOLED = ("validation/cases.csv", "validation/summary.json", "folds.csv")


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    return Tiny(tmp_path, monkeypatch)


def record_of(tiny):
    return json.loads((tiny.out / "crossval.json").read_text())


def test_the_pooled_tables_are_those_that_pandas_makes_of_the_folds_own(tiny):
    result = tiny.cross_validate()
    of_folds = [pd.read_csv(tiny.out / f"fold_{n}/validation/cases.csv") for n in range(3)]
    whole = pd.concat(of_folds).sort_values(["case"], kind="stable").reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_csv(tiny.out / "validation/cases.csv"), whole)
    means = whole.groupby("label")["dice"].mean()
    summary = json.loads((tiny.out / "validation/summary.json").read_text())
    for label, mean in means.items():
        assert summary["labels"][label]["dice"]["mean"] == pytest.approx(mean)
        assert (
            summary["labels"][label]["dice"]["cases"] == whole["dice"][whole.label == label].count()
        )
    assert summary["mean"]["dice"]["mean"] == pytest.approx(means.mean())
    assert result.summary.mean_dice == pytest.approx(means.mean())
    assert "missing" not in summary and summary["data"] == "phantom"

    each = [table.groupby("label")["dice"].mean() for table in of_folds]
    folds = pd.read_csv(tiny.out / "folds.csv")
    assert list(folds.fold) == [0, 1, 2] and list(folds.cases) == [2, 2, 2]
    np.testing.assert_allclose(folds.dice_organ, [mean["organ"] for mean in each])
    np.testing.assert_allclose(folds.dice_lesion, [mean["lesion"] for mean in each])
    np.testing.assert_allclose(folds.mean_dice, [mean.mean() for mean in each])
    assert list(folds.steps) == [100, 101, 102] and list(folds.seconds) == [60, 120, 180]
    record, deviation = record_of(tiny), pd.Series([mean.mean() for mean in each]).std()
    assert record["complete"] and record["deviation_over_folds"] == pytest.approx(deviation)
    assert result.last_words == (
        f"phantom: tiny (phantom), 3 folds: mean Dice {means.mean():.4f} "
        f"(organ {means['organ']:.4f}, lesion {means['lesion']:.4f}) over 6 whole cases, each "
        "validated once by a network that was not trained on it; standard deviation over folds "
        f"{deviation:.4f} -> {tiny.out}",
    )


def test_the_pooled_tables_are_written_as_those_of_a_run_are(tiny, tmp_path):
    tiny.cross_validate()
    stored = read_cases(tiny.out / "validation/cases.csv")
    assert stored.phantom
    result = tiny.cross_validate()
    write_tables(tmp_path / "again", stored.scores, phantom=True, settings=result.settings)
    for name in ("cases.csv", "summary.json"):
        ours, theirs = tiny.out / "validation" / name, tmp_path / "again" / name
        assert ours.read_bytes() == theirs.read_bytes()


def test_each_fold_is_the_run_of_its_own_recipe_and_told_as_it_ends(tiny):
    tiny.cross_validate(deterministic=True)
    assert tiny.trainings.calls == [(fold, False, True) for fold in range(3)]
    assert [log.name for log in tiny.engine.logs] == ["fold_0.log", "fold_1.log", "fold_2.log"]
    assert tiny.told[0] == "phantom: tiny (phantom): 6 cases in 3 folds of 2 each"
    ended = [line for line in tiny.told if "finished" in line]
    assert len(ended) == 3 and "101 steps in 2.0 minutes" in ended[1]
    log = [json.loads(line) for line in (tiny.out / "log.jsonl").open()]
    assert "standard deviation over folds" in log[-1]["message"]
    assert (tiny.out / "recipe.yaml").read_bytes() == tiny.recipe.read_bytes()


def test_a_recipe_that_trains_on_all_cases_is_cross_validated_all_the_same(tiny):
    assert tiny.cross_validate("data.fold=all").summary.cases == 6


def test_a_fold_that_fails_ends_no_other_and_no_mean_is_told(tiny):
    tiny.trainings.acts[1] = fail_by(WorkerDiedError(-9))
    result = tiny.cross_validate()
    assert [fold for fold, *_ in tiny.trainings.calls] == [0, 1, 2]
    assert result.summary is None and "mean Dice" not in "".join(result.last_words)
    assert "fold 1 FAILED" in result.last_words[0]
    assert "ended by signal SIGKILL, as the system does when the memory" in result.last_words[0]
    lost = record_of(tiny)["folds"][1]["cases"]
    assert f"2 of 6 cases have no score ({', '.join(lost)})" in result.last_words[-1]
    summary = json.loads((tiny.out / "validation/summary.json").read_text())
    assert summary["missing"] == lost and summary["cases"] == 4
    assert all("fold 1, which validates it, failed" in note["note"] for note in summary["notes"])
    folds = pd.read_csv(tiny.out / "folds.csv")
    assert list(folds.status) == ["finished", "failed", "finished"]
    assert folds.mean_dice.isna().tolist() == [False, True, False]
    record = record_of(tiny)
    assert not record["complete"] and record["mean_dice"] is None

    del tiny.trainings.acts[1]
    assert tiny.cross_validate().summary.cases == 6
    assert "missing" not in json.loads((tiny.out / "validation/summary.json").read_text())


def test_what_is_written_of_a_failure_tells_no_place_of_a_scan_but_a_person_is_told(tiny):
    scan = tiny.data / "imagesTr/case1.nii.gz"
    error = VolumeError(why=f"{scan} is damaged", file=scan, code="KS-A05")
    tiny.trainings.acts[1] = fail_by(error)
    words = tiny.cross_validate().last_words
    assert f"  file  {scan}" in words[0].splitlines()
    for name in ("crossval.json", "log.jsonl", "validation/summary.json"):
        text = (tiny.out / name).read_text()
        assert "imagesTr/case1.nii.gz is damaged" in text and str(tiny.data) not in text


def test_the_error_that_ends_it_is_in_its_log(tiny):
    with pytest.raises(RecipeError):
        tiny.cross_validate("evaluate.label_tolerance_mm.liver=1")
    last = json.loads((tiny.out / "log.jsonl").read_text().splitlines()[-1])
    assert last["code"] == "KS-F09" and "ended by an error" in last["message"]


def test_a_fault_of_ours_in_a_fold_is_listed_with_the_place_of_its_trace(tiny):
    tiny.trainings.acts[2] = fail_by(ZeroDivisionError("division by zero"))
    words = tiny.cross_validate().last_words
    assert "ZeroDivisionError: division by zero" in words[0] and "see fold_2.log" in words[0]


def test_a_mistake_that_every_fold_finds_is_told_once_as_the_fold_tells_it(tiny):
    error = VolumeError(why="case2 is damaged", file="case2.nii.gz", fix="copy it", code="KS-A05")
    tiny.trainings.acts |= dict.fromkeys(range(3), fail_by(error))
    with pytest.raises(VolumeError) as refused:
        tiny.cross_validate()
    assert refused.value.exit_code == 4 and refused.value.code == "KS-A05"
    assert sum("case2 is damaged" in line for line in tiny.told) == 1
    assert "phantom: fold 2 failed, as fold 0 did" in tiny.told
    assert not any((tiny.out / name).exists() for name in POOLED)


def test_tables_of_an_earlier_sitting_do_not_outlive_the_folds_that_they_were_of(tiny):
    tiny.cross_validate()
    tiny.trainings.acts |= dict.fromkeys(range(3), fail_by(WorkerDiedError(1)))
    result = tiny.cross_validate()
    assert result.summary is None and "6 of 6 cases" in result.last_words[-1]
    assert not (tiny.out / "validation/cases.csv").exists()
    assert pd.read_csv(tiny.out / "folds.csv").mean_dice.isna().all()


def test_scores_that_are_not_those_of_the_fold_are_a_failure_of_the_fold(tiny, monkeypatch):
    monkeypatch.setattr(
        "tests.workflow.crossvals.scores_of",
        lambda cases, seed: [] if seed == 1 else tiny_scores(cases, seed),
    )
    result = tiny.cross_validate()
    assert result.summary is None and "its table lacks organ of" in result.last_words[0]


def tiny_scores(cases, seed):
    from tests.workflow import crossvals

    generator = np.random.default_rng(seed)
    return [
        crossvals.LabelScore(case, case, label, float(generator.uniform()))
        for case in cases
        for label in crossvals.LABELS
    ]


def test_digits_have_one_split_and_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="no folds to go through"):
        cross_validate(load_recipe("mnist"), tmp_path / "cv", FoldOptions(tmp_path), print)
    assert not (tmp_path / "cv").exists()


def test_damaged_files_and_wrong_keys_are_told_before_any_fold_begins(tiny):
    with pytest.raises(RecipeError, match="label_tolerance_mm"):
        tiny.cross_validate("evaluate.label_tolerance_mm.liver=1")
    with pytest.raises(RecipeError, match="class_weights"):
        tiny.cross_validate("loss.cross_entropy.class_weights=[1, 2]")
    (tiny.data / "imagesTr/case3.nii.gz").write_bytes(b"no scan")
    with pytest.raises(VolumeError, match="case3|gzip|NIfTI"):
        tiny.cross_validate()
    assert tiny.trainings.calls == [] and not (tiny.out / "crossval.json").exists()


def test_parts_of_other_packages_are_tried_in_a_process_before_any_fold_begins(tiny, monkeypatch):
    tried = []

    def refuse(loaded, work):
        tried.append(loaded.recipe.data.fold)
        raise RecipeError(why="it fails on noise", code="KS-F10")

    monkeypatch.setattr("kseg.workflow.crossval.try_recipe", refuse)
    monkeypatch.setattr("kseg.workflow.crossval.plugin_packages", lambda recipe: ("theirs",))
    with pytest.raises(RecipeError, match="fails on noise"):
        tiny.cross_validate()
    assert tried == [0] and tiny.trainings.calls == []
    assert [log.name for log in tiny.engine.logs] == ["parts.log"]


def test_G09_a_folder_in_use_is_left_alone(tiny):
    with FolderLock(tiny.out), pytest.raises(FolderInUseError):
        tiny.cross_validate()
    assert tiny.trainings.calls == []


def test_a_folder_of_a_run_or_of_other_folds_is_refused(tiny):
    tiny.cross_validate()
    with pytest.raises(RunFolderError, match="fold_2 of a cross-validation with other folds"):
        tiny.cross_validate("data.folds=2")
    tiny.out = tiny.root / "run"
    (tiny.out / "checkpoints").mkdir(parents=True)
    with pytest.raises(RunFolderError, match="holds what `kseg fit` has made"):
        tiny.cross_validate()


def test_G07_a_stop_lets_the_fold_save_and_begins_no_other(tiny):
    def stopped(folder):
        (tiny.out / "stop").touch()
        raise RunStoppedError(why="stopped by the file stop", file=folder, code="KS-G07")

    tiny.trainings.acts[1] = stopped
    with pytest.raises(RunStoppedError, match="no fold has lost") as ended:
        tiny.cross_validate()
    assert ended.value.exit_code == 130
    assert [fold for fold, *_ in tiny.trainings.calls] == [0, 1]
    assert [fold["status"] for fold in record_of(tiny)["folds"]] == [
        "finished", "stopped", "waiting",
    ]  # fmt: skip
    assert not any((tiny.out / name).exists() for name in ("stop", "kseg.lock", *POOLED))
    del tiny.trainings.acts[1]
    assert tiny.cross_validate().summary.cases == 6


def test_a_fold_that_somebody_stops_by_itself_leaves_the_others_alone(tiny):
    tiny.trainings.acts[0] = fail_by(RunStoppedError(why="stopped", code="KS-G07"))
    words = tiny.cross_validate().last_words
    assert len(tiny.trainings.calls) == 3
    assert words[0] == "phantom: fold 0 stopped" and "INCOMPLETE, as fold 0 of 3" in words[1]


def test_the_page_comes_last_and_one_that_fails_costs_nothing(tiny):
    def fail(folder):
        raise KsegError(why="it rains", code="KS-V99")

    assert tiny.cross_validate(write_report=fail).summary is not None
    assert any("no report was written (it rains" in line for line in tiny.told)
    assert (tiny.out / "folds.csv").is_file()


def test_the_address_of_an_engine_is_handed_on(tiny, monkeypatch):
    seen = []

    def open_engine(*words, **named):
        seen.append((words, named))
        return HereEngine(2)

    monkeypatch.setattr("kseg.workflow.crossval.open_engine", open_engine)
    loaded, options = tiny.load(), FoldOptions(tiny.root / "work")
    cross_validate(
        loaded, tiny.out, options, print, engine="ray", workers=2, address="ray://here:1"
    )
    assert seen == [(("ray", 2), {"address": "ray://here:1"})]
    assert (record_of(tiny)["engine"], record_of(tiny)["workers"]) == ("ray", 2)
