import json
import os
import signal
from pathlib import Path

import pytest

from kseg.errors import KsegError, RunFolderError
from kseg.fit import RunStoppedError, Stop
from kseg.storage.temporary import TEMPORARY_PREFIX
from kseg.workflow.hold import hold_folder
from kseg.workflow.log import RunLog


@pytest.fixture
def begun(tmp_path):
    """Return a function that holds a folder, and the list of what is told."""
    told = []
    folder = tmp_path / "run"
    folder.mkdir()

    def hold():
        log = RunLog(folder / "log.jsonl", told.append)
        stop = Stop(folder / "stop", told.append)
        return hold_folder(
            folder, stop, log, Path("/mnt/doe"), command="kseg fit", kept="nothing is lost"
        )

    return hold, folder, told


def entries(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").open()]


def test_nobody_else_can_hold_it_until_it_is_given_back(begun):
    hold, folder, told = begun
    with hold(), pytest.raises(RunFolderError, match="is in use"), hold():
        pass
    with hold():
        pass
    assert told == [] and not (folder / "log.jsonl").exists()


def test_a_sitting_that_is_asked_to_stop_says_what_is_not_lost_and_can_be_begun_again(begun):
    hold, folder, told = begun
    with (
        pytest.raises(RunStoppedError, match="stopped by the signal SIGTERM; nothing is lost"),
        hold(),
    ):
        os.kill(os.getpid(), signal.SIGTERM)
    assert told[-1] == "stopped by the signal SIGTERM" == entries(folder)[-1]["message"]
    with hold():
        pass


def test_a_file_stop_from_before_stops_nothing(begun):
    hold, folder, told = begun
    (folder / "stop").touch()
    with hold():
        assert told == ["removed the file stop, which was there before"]
        assert not (folder / "stop").exists()


def test_an_error_goes_on_as_it_is_and_the_log_keeps_it_without_places(begun):
    hold, folder, told = begun
    error = KsegError(why="it is empty", code="KS-A04", file="/mnt/doe/imagesTr/a.nii")
    with pytest.raises(KsegError) as raised, hold():
        raise error
    assert raised.value is error and told == []
    kept = entries(folder)[-1]
    assert (kept["message"], kept["code"]) == ("ended by an error", "KS-A04")
    assert kept["file"] == "imagesTr/a.nii"


def test_what_a_killed_process_left_in_the_folder_is_gone(begun):
    hold, folder, _ = begun
    left = folder / "trials" / f"{TEMPORARY_PREFIX}00000000-1-1-000000000000-a.json"
    left.parent.mkdir()
    left.touch()
    os.utime(left, (0, 0))
    with hold():
        assert not left.exists()


def test_a_folder_of_another_command_is_left_as_it_was(begun):
    hold, folder, _ = begun
    (folder / "search.json").write_text("{}")
    with pytest.raises(RunFolderError, match="what `kseg tune` has made"), hold():
        pass
    assert [path.name for path in folder.iterdir()] == ["search.json"]
