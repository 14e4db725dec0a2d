import math

import pytest

from kseg.errors import RunFolderError
from kseg.report.search.files import is_search, read_search
from tests.report.search.samples import (
    final_dice,
    hyperband_trials,
    random_trials,
    record,
    write_csv,
    write_search,
)


@pytest.fixture
def folder(tmp_path):
    return write_search(tmp_path / "search")


def test_the_folder_of_a_search_is_read_whole(folder):
    files = read_search(folder)
    assert is_search(folder) and files.notes == ()
    assert len(files.trials.all) == 14 and len(files.trials.configurations) == 10
    assert {n for n in files.histories} == {0, 1, 3, 4, 9, 10, 11, 13}
    # A history goes on through the promotions of its configuration.
    assert [len(files.histories[n]) for n in (0, 4, 1)] == [9, 27, 3]
    assert files.metrics[:2] == ("val_dice", "val_dice_anterior")
    assert files.importance[0].key == "optimizer.learning_rate"
    assert files.dominated == {8: False, 12: False, 13: False} and files.has_best


def test_the_best_is_the_one_with_the_best_formula(folder):
    best = read_search(folder).trials.best
    rows = {row["trial"]: row for row in hyperband_trials()}
    by_formula = max((8, 12, 13), key=lambda number: final_dice(rows[number]))
    assert best.number == by_formula
    assert best.values["schedule.name"] == rows[by_formula]["schedule.name"]


def test_an_inactive_key_has_no_value_and_a_blank_metric_is_nan(folder):
    failed = read_search(folder).trials.all[2]
    assert failed.status == "failed" and failed.reason.startswith("the network needs")
    assert math.isnan(failed.score) and math.isnan(failed.metrics["val_dice"])
    assert "schedule.decay_rate" not in read_search(folder).trials.all[8].values


@pytest.mark.parametrize("name", ["importance.csv", "pareto.csv", "trials.csv"])
def test_a_table_that_is_missing_is_said_and_no_trouble(tmp_path, name):
    folder = write_search(tmp_path, trials=[] if name == "trials.csv" else None)
    (folder / name).unlink()
    (note,) = read_search(folder).notes
    assert name in note


def test_curves_that_are_missing_or_damaged_are_named(folder):
    (folder / "trials/0000/history.csv").unlink()
    (folder / "trials/0004/history.csv").write_text("epoch,val_dice\n1,much\n")
    files = read_search(folder)
    assert 0 not in files.histories and 4 not in files.histories
    assert "The curve of trial 4 is left out" in files.notes[0]
    assert files.notes[1] == "There is no learning curve of these trials: 0, 4."


def test_a_search_that_has_only_begun_is_read(tmp_path):
    folder = write_search(tmp_path, trials=[], ended=None)
    assert read_search(folder).trials.all == () and read_search(folder).notes == ()


def test_rows_may_come_in_any_order(tmp_path):
    trials = hyperband_trials()
    files = read_search(write_search(tmp_path / "a", trials=trials))
    path = tmp_path / "a/trials.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    assert read_search(tmp_path / "a").trials.all == files.trials.all


def test_words_of_python_are_read_like_those_of_yaml(tmp_path):
    folder = write_search(tmp_path, trials=random_trials(2))
    path = folder / "trials.csv"
    path.write_text(path.read_text().replace(",true,", ",True,").replace(",false,", ",False,"))
    values = {trial.values["augment.flip.enabled"] for trial in read_search(folder).trials.all}
    assert values <= {"true", "false"}


def test_whole_numbers_and_choices_are_read_rightly_from_columns_with_gaps(tmp_path):
    key = "model.filters"
    trials = [row | {"model.depth": 4.0, key: 16.0} for row in random_trials(2)]
    space = {**record()["space"], key: {"choice": [16, 32]}}
    folder = write_search(tmp_path, trials=trials, space=space)
    values = read_search(folder).trials.all[0].values
    assert (values["model.depth"], values[key]) == ("4", "16")


def test_another_folder_is_no_search(tmp_path):
    assert not is_search(tmp_path)
    with pytest.raises(RunFolderError, match="no search.json") as refused:
        read_search(tmp_path)
    assert refused.value.code == "KS-V10" and "kseg tune" in refused.value.fix


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"format": 9}', '{"format": 1}'])
def test_a_damaged_record_is_refused_by_name(folder, content):
    (folder / "search.json").write_text(content)
    with pytest.raises(RunFolderError, match="cannot be read") as refused:
        read_search(folder)
    assert refused.value.file.endswith("search.json")


@pytest.mark.parametrize(
    "row",
    [
        {"trial": "x", "status": "completed"},
        {"trial": 0.5, "status": "completed"},
        {"trial": 0, "status": "done"},
        {"trial": 0, "status": "completed", "score": "high"},
        {"trial": 0, "status": "completed", "continues": 7},
    ],
)
def test_a_trial_that_cannot_be_is_refused_by_its_file(folder, row):
    names = (folder / "trials.csv").read_text().splitlines()[0].split(",")
    write_csv(folder / "trials.csv", [row], names)
    with pytest.raises(RunFolderError, match="cannot be read") as refused:
        read_search(folder)
    assert refused.value.file.endswith("trials.csv")


def test_a_table_without_a_column_of_the_space_is_refused(folder):
    write_csv(folder / "trials.csv", [{"trial": 0}], ("trial", "status", "score"))
    with pytest.raises(RunFolderError, match="no column 'model.depth'"):
        read_search(folder)


@pytest.mark.parametrize(
    "row", [{"trial": 99, "dominated": False}, {"trial": 0, "dominated": "no"}]
)
def test_a_pareto_table_of_other_trials_is_refused(folder, row):
    write_csv(folder / "pareto.csv", [row], ("trial", "dominated"))
    with pytest.raises(RunFolderError, match="row 1") as refused:
        read_search(folder)
    assert refused.value.file.endswith("pareto.csv")


def test_an_importance_that_is_no_number_is_refused(folder):
    write_csv(
        folder / "importance.csv", [{"parameter": "a", "importance": "much"}],
        ("parameter", "importance"),
    )  # fmt: skip
    with pytest.raises(RunFolderError, match="could not convert"):
        read_search(folder)
