import io
import zipfile

import pytest

from kseg.bundle.bounded_file import LARGEST_READ, BoundedFile


def test_it_reads_as_the_file_itself_does():
    data = bytes(range(256)) * 100
    file = BoundedFile(io.BytesIO(data))
    assert file.seekable() and file.readable()
    assert file.read(10) == data[:10] and file.tell() == 10
    assert file.seek(-5, io.SEEK_END) == len(data) - 5
    assert file.read() == data[-5:]


@pytest.mark.parametrize("size", [LARGEST_READ + 1, 10**12, -1, None])
def test_more_than_a_mebibyte_at_once_is_refused(size):
    with pytest.raises(ValueError, match="at most 1048576"):
        BoundedFile(io.BytesIO(bytes(LARGEST_READ + 1))).read(size)


def test_a_list_of_contents_of_many_megabytes_is_refused(tmp_path):
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(30_000):
            archive.writestr(f"{number:05}", b"")
    with path.open("rb") as file, pytest.raises(ValueError, match="at most"):
        zipfile.ZipFile(BoundedFile(file))
