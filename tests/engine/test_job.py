import pickle
import sys

import pytest

from kseg.engine.job import framed, make_job, open_answer, whole


def test_a_call_is_packed_when_it_is_made_whatever_is_done_to_its_arguments_later():
    values = [1, 2]
    job = make_job(sum, (values,))
    values.append(3)
    function, arguments = pickle.loads(job.call)
    assert function(*arguments) == 3


def test_paths_mean_the_same_in_a_process_that_begins_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modules").mkdir()
    monkeypatch.setattr(sys, "path", ["", "modules", "__editable__.hook__"])
    job = make_job(sum, ([],), "logs/a.txt")
    assert job.log == tmp_path / "logs" / "a.txt" and job.folder == tmp_path
    assert job.module_path == (str(tmp_path), str(tmp_path / "modules"), "__editable__.hook__")


def test_a_call_that_no_other_process_could_make_is_refused_at_once():
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        make_job(lambda: None, ())


@pytest.mark.parametrize("content", [b"", b"a", bytes(70_000)])
def test_half_of_an_answer_is_known_from_a_whole_one(content):
    frame = framed(content)
    assert whole(frame) == content
    assert {whole(frame[:length]) for length in range(len(frame))} == {None}


def test_an_answer_is_returned_or_raised_with_where_it_came_from():
    assert open_answer(pickle.dumps((True, 5, ""))) == 5
    with pytest.raises(ValueError, match="no") as caught:
        open_answer(pickle.dumps((False, ValueError("no"), "File a.py, line 3")))
    assert "File a.py, line 3" in caught.value.__notes__[0]
