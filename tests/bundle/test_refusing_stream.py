import errno
import io

import pytest

from kseg.bundle import read_model
from kseg.bundle.refusing_stream import RefusingStream
from kseg.errors import ModelFileError
from tests.bundle.archives import patched, zip_model
from tests.bundle.folders import write_plain_folder

JSON, WEIGHTS = "model.json", "weights.safetensors"


class Worn(io.BytesIO):
    """A file on a disk that can no longer be read."""

    def read(self, size=-1):
        raise OSError(errno.EIO, "Input/output error")

    def readinto(self, buffer):
        raise OSError(errno.EIO, "Input/output error")


@pytest.fixture(params=["folder", "zip"])
def files(request, tmp_path):
    """The files of a sound model."""
    folder = write_plain_folder(tmp_path / "liver")
    path = folder if request.param == "folder" else zip_model(tmp_path / "m.zip", folder)
    return read_model(path).files


def refuse(error):
    return ModelFileError(why=f"it cannot be read: {error}", file="liver", code="KS-M02")


def test_what_is_read_is_what_is_there():
    stream, buffer = RefusingStream(io.BytesIO(b"liver"), refuse), bytearray(3)
    assert (stream.read(1), stream.readinto(buffer), bytes(buffer), stream.read()) == (
        b"l", 3, b"ive", b"r",
    )  # fmt: skip


def test_a_stream_that_fails_blames_the_model():
    stream = RefusingStream(Worn(), refuse)
    for read in (lambda: stream.read(1), lambda: stream.readinto(bytearray(1))):
        with pytest.raises(ModelFileError, match="Input/output error"):
            read()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), ValueError("ours"), KeyError(1)])
def test_G04_what_goes_wrong_beside_a_model_is_not_taken_for_its_damage(files, error):
    for name in (JSON, WEIGHTS):
        with pytest.raises(type(error)) as caught, files.open(name) as (stream, _):
            stream.read(1)
            raise error
        assert caught.value is error


def test_a_checksum_that_is_wrong_is_found_while_the_member_is_read(tmp_path):
    path = zip_model(tmp_path / "m.zip", write_plain_folder(tmp_path / "liver"))
    files = read_model(path).files
    patched(path, b'"precision": "bfloat16"', b'"precision": "bfloat61"')
    with files.open(JSON) as (stream, _), pytest.raises(ModelFileError, match="CRC"):
        stream.read()
