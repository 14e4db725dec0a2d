import os
import shutil

import pytest

from kseg.bundle import ModelFolder, read_model
from kseg.bundle.files import FolderFiles, find_model
from kseg.errors import ModelFileError
from tests.bundle.folders import write_plain_folder

JSON, WEIGHTS = "model.json", "weights.safetensors"
BOTH = pytest.mark.parametrize("name", [JSON, WEIGHTS])


@pytest.fixture
def folder(tmp_path):
    return write_plain_folder(tmp_path / "run" / "model")


def refused(path):
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    assert caught.value.fix and caught.value.exit_code == 2
    return caught.value


def test_a_run_folder_and_its_model_folder_are_the_same_model(folder):
    run, part = read_model(folder.parent), read_model(str(folder))
    assert isinstance(run, ModelFolder)
    assert (run.description, run.digest, run.tensors) == (
        part.description, part.digest, part.tensors,
    )  # fmt: skip
    assert run.files.label(JSON) == part.files.label(JSON) == str(folder / JSON)
    assert isinstance(find_model(folder), FolderFiles)
    # What lies round a model folder is looked at only if the user gave it.
    assert (run.files.run, part.files.run) == (folder.parent, None)


@pytest.mark.parametrize("place", ["", "gone", "a\0b", "x" * 5000])
def test_where_there_is_no_model_is_said_so(tmp_path, place):
    error = refused(tmp_path / place)
    assert error.code == "KS-M01" and "no model.json" in error.why


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.pkl", JSON, "saved_model.pb"])
def test_a_file_that_is_no_zip_is_refused_without_being_opened(folder, name, monkeypatch):
    file = folder / name
    file.touch()
    monkeypatch.setattr(os, "open", None)
    error = refused(file)
    assert error.code == "KS-M01" and "can hold code" in error.why and error.file == str(file)


@BOTH
def test_a_missing_file_is_refused_by_name(folder, name):
    (folder / name).unlink()
    assert refused(folder).code == ("KS-M01" if name == JSON else "KS-M02")


@BOTH
@pytest.mark.parametrize("is_relative", [True, False])
def test_a_link_that_leads_outside_is_refused_even_to_the_same_bytes(folder, name, is_relative):
    outside = folder.parent.parent / name
    (folder / name).rename(outside)
    target = os.path.relpath(outside, folder) if is_relative else outside
    (folder / name).symlink_to(target)
    for path in (folder, folder.parent):
        error = refused(path)
        assert "link to a place outside" in error.why and error.file == str(folder / name)


@BOTH
def test_a_link_to_a_secret_or_to_nowhere_is_refused(folder, name):
    for target in ("/etc/hostname", "/nowhere", "/proc/self/environ", name):
        (folder / name).unlink()
        (folder / name).symlink_to(target)
        error = refused(folder)
        assert error.file == str(folder / name) and error.code in ("KS-M02", "KS-M03")


@BOTH
def test_a_link_within_the_folder_is_followed(folder, name):
    (folder / name).rename(folder / "data")
    (folder / name).symlink_to("data")
    assert read_model(folder)


def test_a_model_folder_that_is_a_link_out_of_the_run_is_refused(folder, tmp_path):
    elsewhere = shutil.copytree(folder, tmp_path / "elsewhere")
    shutil.rmtree(folder)
    folder.symlink_to(elsewhere)
    assert "link to a place outside" in refused(folder.parent).why
    # The user's own link is the user's own affair.
    assert read_model(folder)


@BOTH
def test_a_pipe_or_a_folder_in_a_files_place_is_refused_and_not_waited_for(folder, name):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert "no regular file" in refused(folder).why
    (folder / name).unlink()
    (folder / name).mkdir()
    assert refused(folder).file == str(folder / name)


@BOTH
def test_a_file_that_may_not_be_read_is_refused(folder, name, monkeypatch):
    def forbidden(path, flags):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", forbidden)
    assert "Permission denied" in refused(folder).why
