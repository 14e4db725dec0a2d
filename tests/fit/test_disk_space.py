import shutil
from types import SimpleNamespace

import pytest

from kseg.errors import RunFolderError
from kseg.fit import fit
from kseg.fit.disk_space import refuse_full_disk
from tests.fit.jobs import a_job, all_arrays


def test_G04_a_disk_that_would_be_full_is_refused_with_the_bytes_that_are_missing(
    tmp_path, monkeypatch
):
    job = a_job(tmp_path / "run", output_bytes=500)
    state = sum(array.nbytes for array in all_arrays(job.model).values())
    free = SimpleNamespace(free=3 * state + 500 - 7)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    with pytest.raises(RunFolderError, match="has 7 bytes too few") as refused:
        fit(job)
    assert refused.value.code == "KS-G04" and "--out" in refused.value.fix
    assert not job.checkpoints.exists()
    free.free += 7
    assert fit(job).step == 6


def test_G04_early_stopping_needs_room_for_the_best_weights_too(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("kseg.fit.keeper.refuse_full_disk", lambda *facts: asked.append(facts[1]))
    model = a_job(tmp_path).model
    for name, patience in (("without", None), ("with", 2)):
        fit(a_job(tmp_path / name, patience_epochs=patience, steps=1))
    weights = sum(weight.numpy().nbytes for weight in model.weights)
    assert asked[1] == asked[0] + weights


def test_the_folder_is_made_where_it_is_missing(tmp_path):
    refuse_full_disk(tmp_path / "a/b", 1, 1)
    assert (tmp_path / "a/b").is_dir()


def test_G04_a_training_that_goes_on_needs_room_only_for_what_is_not_there_yet(
    tmp_path, monkeypatch
):
    job = a_job(tmp_path, output_bytes=500)
    fit(job)
    state = sum(array.nbytes for array in all_arrays(job.model).values())
    # The files hold a little more than the numbers; a third one is written beside the two.
    free = SimpleNamespace(free=state + 500 - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    with pytest.raises(RunFolderError, match="has 1 bytes too few.*are there already"):
        fit(a_job(tmp_path, steps=8, output_bytes=500))
    free.free += 1
    assert fit(a_job(tmp_path, steps=8, output_bytes=500)).step == 8


def test_G04_a_finished_training_asks_for_no_room(tmp_path, monkeypatch):
    fit(a_job(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    assert fit(a_job(tmp_path)).step == 6
