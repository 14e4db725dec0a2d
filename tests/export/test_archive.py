import os

import numpy as np
import pytest

from kseg.bundle import read_model, read_weights
from kseg.errors import ModelFileError
from kseg.export import write_archive
from tests.bundle.folders import edit, write_plain_folder


def test_the_zip_is_the_same_model_as_its_folder(tmp_path):
    folder = read_model(write_plain_folder(tmp_path / "m"))
    write_archive(folder, tmp_path / "m.zip")
    again = read_model(tmp_path / "m.zip")
    assert (again.description, again.digest, again.tensors) == (
        folder.description, folder.digest, folder.tensors,
    )  # fmt: skip
    for name, array in read_weights(folder).items():
        np.testing.assert_array_equal(read_weights(again)[name], array)


def test_equal_models_give_equal_bytes_also_from_a_zip(tmp_path):
    for name in ("one", "other"):
        write_archive(read_model(write_plain_folder(tmp_path / name)), tmp_path / f"{name}.zip")
        os.utime(tmp_path / name / "model.json", (0, 0))
    write_archive(read_model(tmp_path / "one.zip"), tmp_path / "third.zip")
    first = (tmp_path / "one.zip").read_bytes()
    assert first == (tmp_path / "other.zip").read_bytes() == (tmp_path / "third.zip").read_bytes()


def test_an_older_form_goes_in_as_the_newest(tmp_path, caplog):
    write_plain_folder(tmp_path / "m")
    edit(
        tmp_path / "m", lambda data: (data.update(format=1), data.pop("kseg"), data.pop("regions"))
    )
    write_archive(read_model(tmp_path / "m"), tmp_path / "m.zip")
    caplog.clear()
    assert read_model(tmp_path / "m.zip") and not caplog.records


def test_weights_that_change_meanwhile_leave_no_zip(tmp_path):
    folder = read_model(write_plain_folder(tmp_path / "m"))
    write_plain_folder(tmp_path / "m", fill=2.0)
    with pytest.raises(ModelFileError, match="were changed"):
        write_archive(folder, tmp_path / "out" / "m.zip")
    assert not any((tmp_path / "out").iterdir())
