import json

import pytest

from kseg.workflow.crossval_news import FoldNews
from kseg.workflow.log import RunLog
from tests.workflow.crossvals import planned


@pytest.fixture
def fold(tmp_path):
    fold = planned(tmp_path).folds[0]
    fold.folder.mkdir(parents=True)
    return fold


def write(fold, *entries, end="\n"):
    with (fold.folder / "log.jsonl").open("a") as file:
        file.write("\n".join(map(json.dumps, entries)) + end)


def epoch(number):
    return {"message": f"phantom: epoch {number}", "epoch": number}


def test_epochs_are_told_once_each_and_nothing_else(fold):
    write(fold, epoch(1))
    told = []
    log = RunLog(None, told.append)
    log.mark = "phantom: "
    news = FoldNews(fold)
    news.tell(log)
    assert told == []  # An earlier sitting has told it.
    write(fold, epoch(2), {"message": "validated 1/2"})
    news.tell(log)
    write(fold, epoch(3))
    news.tell(log)
    news.tell(log)
    assert told == ["phantom: fold 0: epoch 2", "phantom: fold 0: epoch 3"]


def test_half_a_line_waits_for_its_end_and_a_torn_one_is_passed_over(fold):
    told = []
    news, log = FoldNews(fold), RunLog(None, told.append)
    news.tell(log)
    write(fold, epoch(1), end="")
    news.tell(log)
    assert told == []
    write(fold, end="\n")
    news.tell(log)
    with (fold.folder / "log.jsonl").open("a") as file:
        file.write('{"epoch": 2, "mess\n[1]\n{"epoch": 3}\n')
    write(fold, epoch(4))
    news.tell(log)
    assert told == ["fold 0: phantom: epoch 1", "fold 0: phantom: epoch 4"]
