import errno

import pytest

from kseg.errors import RunFolderError
from kseg.storage import disk
from kseg.tune.ledger import LEDGER_FILE
from kseg.tune.lifecycle import HISTORY
from kseg.workflow.crossval_files import CROSSVAL_FILE
from kseg.workflow.folders import MARKS, refuse_other_command, refuse_unwritable
from kseg.workflow.sitting import CHECKPOINTS


def test_G14_a_folder_that_can_be_written_to_is_made_and_left_empty(tmp_path):
    refuse_unwritable(tmp_path / "deep/run")
    assert not list((tmp_path / "deep/run").iterdir())


def test_G14_a_file_in_the_way_is_refused_by_name(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(RunFolderError, match="this is a file, and a folder is wanted") as refused:
        refuse_unwritable(tmp_path / "run")
    assert refused.value.code == "KS-G14" and refused.value.file == str(tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_G14_a_folder_that_takes_no_file_is_refused_before_any_work(tmp_path, monkeypatch, number):
    def fail(path, parts):
        raise OSError(number, "no")

    monkeypatch.setattr(disk, "write", fail)
    with pytest.raises(RunFolderError, match="written to: no"):
        refuse_unwritable(tmp_path)


@pytest.mark.parametrize("command", MARKS)
@pytest.mark.parametrize(("other", "mark"), [(c, m) for c, marks in MARKS.items() for m in marks])
def test_what_another_command_has_made_is_not_written_over(tmp_path, command, other, mark):
    (tmp_path / mark).touch()
    if command == other:
        refuse_other_command(tmp_path, command)
        return
    with pytest.raises(RunFolderError, match=f"`{other}` has made, as {mark} tells") as refused:
        refuse_other_command(tmp_path, command)
    assert refused.value.code == "KS-G10"


def test_a_folder_with_other_things_in_it_is_taken(tmp_path):
    (tmp_path / "notes.txt").touch()
    refuse_other_command(tmp_path, "kseg fit")
    refuse_other_command(tmp_path / "nowhere", "kseg tune")


def test_what_a_folder_is_told_by_is_what_the_commands_write():
    assert CHECKPOINTS in MARKS["kseg fit"] and HISTORY in MARKS["kseg fit"]
    assert MARKS["kseg crossval"] == (CROSSVAL_FILE,) and MARKS["kseg tune"] == (LEDGER_FILE,)
