import json
from pathlib import Path

import pytest

from kseg.workflow.log import RunLog


def test_a_sentence_is_told_and_stored_with_its_time_and_facts(tmp_path):
    told = []
    log = RunLog(tmp_path / "log.jsonl", told.append)
    log("read 8 cases", cases=8, folder=Path("a"))
    log("größer")
    assert told == ["read 8 cases", "größer"]
    text = (tmp_path / "log.jsonl").read_text(encoding="utf-8")
    first, second = map(json.loads, text.splitlines())
    assert first["message"] == "read 8 cases" and first["cases"] == 8 and first["folder"] == "a"
    assert first["time"].endswith("+00:00") and "größer" in text
    assert second["message"] == "größer"


def test_a_log_goes_on_where_it_ended(tmp_path):
    for word in ("first", "second"):
        RunLog(tmp_path / "log.jsonl", lambda message: None)(word)
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["first", "second"]


def test_without_a_file_it_only_tells():
    told = []
    RunLog(None, told.append)("done")
    assert told == ["done"]


def test_progress_is_shown_and_not_stored(tmp_path):
    shown = []
    log = RunLog(tmp_path / "log.jsonl", str, lambda *step: shown.append(step))
    log.progress(1, 8, "measuring a")
    RunLog(None, str).progress(1, 8, "measuring a")
    assert shown == [(1, 8, "measuring a")] and not (tmp_path / "log.jsonl").exists()


def test_a_mark_stands_before_every_message_told_and_stored(tmp_path):
    told = []
    log = RunLog(tmp_path / "log.jsonl", told.append)
    log.mark = "phantom: "
    log("val_dice 0.9")
    assert told == ["phantom: val_dice 0.9"]
    assert json.loads((tmp_path / "log.jsonl").read_text())["message"] == told[0]


def test_whoever_watches_is_called_at_each_progress_with_or_without_a_bar():
    calls = []
    log = RunLog(None, print, watch=lambda: calls.append(1))
    log.progress(1, 2, "preparing")
    RunLog(None, print, lambda *facts: calls.append(facts), lambda: calls.append(2)).progress(
        3, 4, "a"
    )
    assert calls == [1, (3, 4, "a"), 2]


def test_an_error_is_stored_and_left_to_others_to_tell(tmp_path):
    told = []
    log = RunLog(tmp_path / "log.jsonl", told.append)
    log.mark = "phantom: "
    log.failed(code="KS-A04", why="it is empty")
    entry = json.loads((tmp_path / "log.jsonl").read_text())
    assert entry.pop("time")
    assert entry == {
        "message": "phantom: ended by an error",
        "code": "KS-A04",
        "why": "it is empty",
    }
    assert told == []


def test_a_log_that_cannot_be_written_does_not_hide_the_error(tmp_path):
    RunLog(tmp_path / "gone/log.jsonl", print).failed(why="the disk is gone")


def test_where_the_log_itself_fails_no_second_line_is_tried(tmp_path, monkeypatch):
    log, calls = RunLog(tmp_path / "log.jsonl", str), []

    def full(path, text):
        calls.append(text)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kseg.workflow.log.append_line", full)
    with pytest.raises(OSError, match="No space"):
        log("read 8 cases")
    log.failed(why="No space left on device")
    assert len(calls) == 1
