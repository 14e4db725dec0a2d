import os
import sys

import pytest

from kseg.engine import gpus, hide_gpus, visible_gpus

PLAIN = """GPU 0: NVIDIA H200 (UUID: GPU-11111111-2222-3333-4444-555555555555)
GPU 1: NVIDIA H200 (UUID: GPU-66666666-7777-8888-9999-000000000000)
"""
DIVIDED = """GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-11111111-2222-3333-4444-555555555555)
  MIG 3g.20gb     Device  0: (UUID: MIG-aaaaaaaa-0000-0000-0000-000000000000)
  MIG 3g.20gb     Device  1: (UUID: MIG-bbbbbbbb-0000-0000-0000-000000000000)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-66666666-7777-8888-9999-000000000000)
"""


def says(text, code=0):
    return sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({code})"


@pytest.fixture
def shown(monkeypatch):
    monkeypatch.setattr(gpus, "_hidden", None)
    # Set first, so that it is as it was when the test is over.
    monkeypatch.setenv(gpus.VARIABLE, "0")
    monkeypatch.delenv(gpus.VARIABLE)
    monkeypatch.setattr(gpus, "visible_gpus", lambda: ("0", "1"))
    return monkeypatch


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("0", ("0",)),
        ("2, 3", ("2", "3")),
        ("GPU-5c89,MIG-77/1/0", ("GPU-5c89", "MIG-77/1/0")),
        ("", ()),
        ("-1", ()),
        ("1,-1,2", ("1",)),
        ("NoDevFiles", ()),
    ],
)
def test_what_the_environment_says_goes_before_what_the_machine_has(tmp_path, value, found):
    (tmp_path / "0000:01:00.0").mkdir()
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": value}, says(PLAIN), tmp_path) == found


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (PLAIN, ("0", "1")),
        (
            DIVIDED,
            (
                "MIG-aaaaaaaa-0000-0000-0000-000000000000",
                "MIG-bbbbbbbb-0000-0000-0000-000000000000",
                "1",
            ),
        ),
        ("No devices found.\n", ()),
        ("", ()),
    ],
)
def test_the_driver_s_program_lists_the_gpus_and_the_parts_of_divided_ones(tmp_path, told, found):
    (tmp_path / "0000:01:00.0").mkdir()
    assert visible_gpus({}, says(told), tmp_path) == found


@pytest.mark.parametrize("command", [("/no/such/program",), says("broken", code=9)])
def test_without_the_program_the_folder_of_the_driver_is_counted(tmp_path, command):
    assert visible_gpus({}, command, tmp_path / "gone") == ()
    for name in ("0000:01:00.0", "0000:41:00.0"):
        (tmp_path / name).mkdir()
    assert visible_gpus({}, command, tmp_path) == ("0", "1")


def test_gpus_that_the_driver_has_hidden_from_itself_are_its_jobs_own(shown):
    hide_gpus()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"
    shown.setattr(gpus, "visible_gpus", lambda: ())
    hide_gpus()
    assert gpus.gpus_of_jobs() == ("0", "1")


def test_a_job_gets_one_gpu_and_several_share_one_where_there_are_too_few(shown):
    found = [gpus.gpu_environment(("0", "1"), slot) for slot in range(3)]
    assert [each["CUDA_VISIBLE_DEVICES"] for each in found] == ["0", "1", "0"]


def test_without_gpus_nothing_is_set_and_what_was_hidden_comes_back(shown):
    assert gpus.gpu_environment((), 0) == {}
    shown.setattr(gpus, "visible_gpus", lambda: ())
    shown.setenv("CUDA_VISIBLE_DEVICES", "NoDevFiles")
    hide_gpus()
    assert gpus.gpu_environment(gpus.gpus_of_jobs(), 0) == {"CUDA_VISIBLE_DEVICES": "NoDevFiles"}
