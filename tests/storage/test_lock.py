import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kseg.errors import FolderInUseError
from kseg.storage import FolderLock, disk, process, remove_leftovers
from kseg.storage.lock import LOCK_NAME, LockOwner


def plant(folder, **changes):
    """A lock as this process would have made it, with changes."""
    with FolderLock(folder):
        owner = json.loads((folder / LOCK_NAME).read_text())
    (folder / LOCK_NAME).write_text(json.dumps(owner | changes))


def dead_pid():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_lock_is_there_inside_and_gone_afterwards(tmp_path):
    with FolderLock(tmp_path / "run") as lock:
        owner = json.loads((tmp_path / "run" / LOCK_NAME).read_text())
        assert owner["pid"] == os.getpid() and owner["host"] and owner["started"].endswith("Z")
        assert lock.took_over is None
    assert list((tmp_path / "run").iterdir()) == []


def test_a_held_folder_is_refused_with_exit_code_75(tmp_path):
    with FolderLock(tmp_path):
        with pytest.raises(FolderInUseError) as caught, FolderLock(tmp_path):
            pass
        assert caught.value.exit_code == 75 and caught.value.code == "KS-G09"
        assert str(os.getpid()) in caught.value.why
        assert (tmp_path / LOCK_NAME).exists()


def test_a_look_at_a_folder_refuses_a_held_one_and_changes_nothing(tmp_path):
    FolderLock(tmp_path / "absent").refuse_if_held()
    assert not (tmp_path / "absent").exists()
    with FolderLock(tmp_path), pytest.raises(FolderInUseError, match=str(os.getpid())):
        FolderLock(tmp_path).refuse_if_held()
    plant(tmp_path, pid=dead_pid())
    before = (tmp_path / LOCK_NAME).read_bytes()
    FolderLock(tmp_path).refuse_if_held()
    assert (tmp_path / LOCK_NAME).read_bytes() == before


def test_another_living_process_holds_its_folder(tmp_path):
    code = (
        "import sys; from kseg.storage import FolderLock\n"
        "with FolderLock(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(FolderInUseError, match=str(child.pid)), FolderLock(tmp_path):
            pass
    finally:
        child.kill()
    # Killed but not yet waited for, it is a zombie: its pid exists and its lock is dead.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with FolderLock(tmp_path) as lock:
        assert lock.took_over.pid == child.pid
    child.communicate()


def test_the_lock_of_a_dead_process_is_taken_over_and_said(tmp_path, caplog):
    pid = dead_pid()
    plant(tmp_path, pid=pid)
    with FolderLock(tmp_path) as lock:
        assert isinstance(lock.took_over, LockOwner) and lock.took_over.pid == pid
    assert str(pid) in caplog.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="start times come from /proc")
def test_a_later_process_with_the_same_pid_is_not_the_owner(tmp_path):
    plant(tmp_path, process_started="1")
    with FolderLock(tmp_path) as lock:
        assert lock.took_over.pid == os.getpid()


def test_a_lock_from_another_machine_is_never_judged(tmp_path):
    plant(tmp_path, pid=dead_pid(), host="elsewhere")
    with pytest.raises(FolderInUseError, match="elsewhere"), FolderLock(tmp_path):
        pass


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("theirs", [True, False])
def test_a_lost_job_of_a_driver_is_taken_over_on_another_machine_by_its_next_one_alone(
    tmp_path, ours, theirs
):
    plant(tmp_path, host="elsewhere", under_driver=theirs)
    lock = FolderLock(tmp_path, under_driver=ours)
    if ours and theirs:
        with lock:
            assert lock.took_over.host == "elsewhere"
            assert json.loads((tmp_path / LOCK_NAME).read_text())["under_driver"]
        return
    with pytest.raises(FolderInUseError, match="elsewhere"), lock:
        pass


def test_a_living_job_on_this_machine_holds_its_folder_against_its_driver_too(tmp_path):
    with (
        FolderLock(tmp_path, under_driver=True),
        pytest.raises(FolderInUseError),
        FolderLock(tmp_path, under_driver=True),
    ):
        pass


def test_who_was_thought_to_be_lost_is_refused_once_the_folder_has_changed_hands(tmp_path):
    lock = FolderLock(tmp_path, under_driver=True)
    lock.refuse_if_taken_over()
    with lock:
        lock.refuse_if_taken_over()
        theirs = json.loads(lock.file.read_text()) | {"host": "elsewhere"}
        lock.file.write_text(json.dumps(theirs))
        with pytest.raises(FolderInUseError, match="elsewhere"):
            lock.refuse_if_taken_over()
        # Removed by hand, it is nobody's.
        lock.file.unlink()
        lock.refuse_if_taken_over()


def test_a_lock_of_a_kseg_that_knew_no_drivers_is_read(tmp_path):
    pid = dead_pid()
    plant(tmp_path, pid=pid)
    owner = json.loads((tmp_path / LOCK_NAME).read_text())
    del owner["under_driver"]
    (tmp_path / LOCK_NAME).write_text(json.dumps(owner))
    with FolderLock(tmp_path) as lock:
        assert lock.took_over.pid == pid


def test_a_lock_from_before_a_power_cut_is_taken_over(tmp_path, monkeypatch):
    """Whatever process has its number now."""
    monkeypatch.setattr(process, "pid_space", lambda: "boot2 machine1 pid:[4026531836]")
    plant(tmp_path, pid=os.getppid(), pid_space="boot1 machine1 pid:[4026531836]")
    with FolderLock(tmp_path) as lock:
        assert lock.took_over.pid == os.getppid()


@pytest.mark.parametrize("space", ["another boot pid:[7]", ""])
def test_a_lock_from_a_container_of_the_same_host_name_is_never_judged(tmp_path, space):
    plant(tmp_path, pid=dead_pid(), pid_space=space)
    with pytest.raises(FolderInUseError) as caught, FolderLock(tmp_path):
        pass
    assert "restart of its container" in caught.value.fix and (tmp_path / LOCK_NAME).exists()


@pytest.mark.parametrize(
    "content", ['{"version": 2, "owners": []}', "[]", "7", "half", "\0" * 200, "[" * 100_000]
)
def test_a_lock_of_a_form_that_is_not_known_holds_however_old_it_is(tmp_path, content):
    (tmp_path / LOCK_NAME).write_text(content)
    os.utime(tmp_path / LOCK_NAME, (1, 1))
    with pytest.raises(FolderInUseError) as caught, FolderLock(tmp_path):
        pass
    assert caught.value.code == "KS-G09" and (tmp_path / LOCK_NAME).read_text() == content


@pytest.mark.parametrize(
    "changes",
    [
        {"since": 1},
        {"pid": "7"},
        {"pid": True},
        {"host": None},
        {"under_driver": 1},
        {"pid_space": []},
    ],
)
def test_a_lock_with_other_fields_than_ours_holds(tmp_path, changes):
    plant(tmp_path, **{"pid": dead_pid()} | changes)
    with pytest.raises(FolderInUseError), FolderLock(tmp_path):
        pass


def test_a_lock_that_may_not_be_read_holds_however_old_it_is(tmp_path, monkeypatch):
    lock_file, read = tmp_path / LOCK_NAME, Path.read_bytes
    lock_file.write_bytes(b"")
    os.utime(lock_file, (1, 1))

    def forbidden(path):
        if path.parent == tmp_path:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(FolderInUseError) as caught, FolderLock(tmp_path):
        pass
    assert caught.value.code == "KS-G09" and lock_file.exists()


def test_one_that_asks_for_a_lock_in_vain_keeps_its_files_until_it_is_told(tmp_path, monkeypatch):
    link = disk.link

    def link_late(source, target):
        # Meanwhile the holder looks for what killed processes left.
        remove_leftovers(tmp_path)
        link(source, target)

    with FolderLock(tmp_path):
        monkeypatch.setattr(disk, "link", link_late)
        with pytest.raises(FolderInUseError), FolderLock(tmp_path):
            pass


def test_an_empty_lock_holds_at_first_and_is_stale_later(tmp_path):
    lock_file = tmp_path / LOCK_NAME
    lock_file.write_bytes(b"")
    with pytest.raises(FolderInUseError), FolderLock(tmp_path):
        pass
    os.utime(lock_file, (1, 1))
    with FolderLock(tmp_path) as lock:
        assert lock.took_over is None
    assert not lock_file.exists()


def test_a_lock_that_is_no_longer_ours_is_left_alone(tmp_path):
    with FolderLock(tmp_path):
        (tmp_path / LOCK_NAME).write_text("someone else's")
    assert (tmp_path / LOCK_NAME).read_text() == "someone else's"


def test_of_two_that_find_a_dead_lock_only_one_wins(tmp_path):
    plant(tmp_path, pid=dead_pid())
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    seen_by_second = (tmp_path / LOCK_NAME).read_bytes()
    with first:
        assert not second._remove_stale(seen_by_second)
        assert json.loads((tmp_path / LOCK_NAME).read_text())["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []
