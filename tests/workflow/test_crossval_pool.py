import pytest

from kseg.errors import KsegError
from kseg.evaluate import LabelScore, write_tables
from kseg.workflow.crossval_job import FoldEnd
from kseg.workflow.crossval_outcome import FAILED, FINISHED, STOPPED, FoldOutcome
from kseg.workflow.crossval_pool import fold_scores, judged, pool_scores
from tests.workflow.crossvals import LABELS, planned, scores_of


@pytest.fixture
def fold(tmp_path):
    return planned(tmp_path).folds[1]


def write(fold, scores):
    write_tables(fold.folder / "validation", scores)


def test_the_scores_of_a_fold_are_read_as_its_run_wrote_them(fold):
    scores = scores_of(fold.cases)
    write(fold, scores)
    assert [repr(score) for score in fold_scores(fold, LABELS)] == [repr(s) for s in scores]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda scores: scores[:-1], "lacks lesion of"),
        (lambda scores: scores[2:], "lacks organ of"),
        (lambda scores: [*scores, *scores_of(["stranger"])], "not its own: organ of stranger"),
        (lambda scores: [*scores, LabelScore("case9", "p", "liver")], "liver of case9"),
    ],
)
def test_rows_that_are_missing_or_strange_are_named(fold, change, told):
    write(fold, change(scores_of(fold.cases)))
    with pytest.raises(KsegError, match=told) as refused:
        fold_scores(fold, LABELS)
    assert refused.value.code == "KS-V22" and refused.value.file.endswith("cases.csv")


def test_a_table_that_is_gone_or_damaged_is_told_with_its_place(fold):
    with pytest.raises(KsegError, match="cannot be read") as refused:
        fold_scores(fold, LABELS)
    assert "fold_1" in refused.value.file
    path = fold.folder / "validation/cases.csv"
    path.parent.mkdir(parents=True)
    path.write_text("case,label\na\n")
    with pytest.raises(KsegError, match="row 1"):
        fold_scores(fold, LABELS)


def test_only_a_fold_that_finished_is_looked_at(fold):
    stopped = FoldOutcome(fold, STOPPED)
    assert judged(stopped, LABELS) is stopped
    finished = FoldOutcome(fold, FINISHED, end=FoldEnd(1, 1.0))
    assert judged(finished, LABELS).status == FAILED
    write(fold, scores_of(fold.cases))
    found = judged(finished, LABELS)
    assert found.status == FINISHED and found.summary.cases == len(found.scores) / 2


def test_a_case_comes_once_and_in_the_order_of_all_cases():
    tables = {1: scores_of("ca"), 0: scores_of("bd")}
    scores, missing = pool_scores(tables, ["a", "b", "c", "d", "e"])
    assert [score.case for score in scores] == list("aabbccdd")
    assert [score.label for score in scores] == list(LABELS) * 4
    assert missing == ("e",)


def test_a_case_of_two_folds_is_an_error_that_names_them():
    with pytest.raises(KsegError, match="case b is validated more than once, in the folds 0 and 2"):
        pool_scores({0: scores_of("ab"), 2: scores_of("bc")}, "abc")


def test_a_case_that_nobody_has_planned_is_an_error():
    with pytest.raises(KsegError, match="case z of fold 1 is in no fold"):
        pool_scores({1: scores_of("z")}, "abc")
