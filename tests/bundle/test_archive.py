import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.bundle import ModelFolder, read_model, read_weights
from kseg.errors import ModelFileError
from tests.bundle.archives import DEVICE, LINK, patched, zip_model, zip_of
from tests.bundle.folders import description, write_plain_folder

JSON, WEIGHTS = "model.json", "weights.safetensors"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_plain_folder(tmp_path_factory.mktemp("plain") / "liver")


@pytest.fixture(scope="module")
def members(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def refused(path):
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    error = caught.value
    assert str(path) in error.file and error.fix and error.exit_code == 2
    return error


@pytest.mark.parametrize("prefix", ["", "liver/"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_the_same_model_as_its_folder(folder, tmp_path, prefix, method):
    path = zip_model(tmp_path / "liver.ZIP", folder, prefix, compress_type=method)
    read, plain = read_model(path), read_model(folder)
    assert (read.description, read.digest, read.tensors) == (
        plain.description, plain.digest, plain.tensors,
    )  # fmt: skip
    assert read.description == description()
    for name, array in read_weights(plain).items():
        np.testing.assert_array_equal(read_weights(read)[name], array)
    assert list(tmp_path.iterdir()) == [path]
    assert read.files.run is None
    assert read.files.label(JSON) == str(path / (prefix + JSON))


def test_what_a_file_manager_adds_does_no_harm(members, tmp_path):
    more = {"liver/": b"", "__MACOSX/liver/._model.json": b"\0", "liver/.DS_Store": b"\0",
            "liver/README.txt": b"hello"}  # fmt: skip
    inside = {f"liver/{name}": data for name, data in members.items()}
    path = zip_of(tmp_path / "liver.zip", {**more, **inside})
    assert read_model(path).description == description()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil", "`..`"),
        ("a/../../evil", "`..`"),
        ("/etc/cron.d/evil", "absolute"),
        ("a//b", "within the zip"),
        ("./a", "within the zip"),
        ("..\\evil", "plain name"),
        ("C:evil", "plain name"),
        ("a\nb", "plain name"),
        ("MODEL.JSON", "two of its members"),
        ("ｍodel.json", "two of its members"),
    ],
)
def test_a_member_with_a_name_that_leads_astray_is_refused(members, tmp_path, name, why):
    path = zip_of(tmp_path / "m.zip", {**members, name: b"x"})
    error = refused(path)
    assert why in error.why and error.code == "KS-M08"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_with_a_nul_is_refused_though_python_cuts_it(members, tmp_path):
    path = zip_of(tmp_path / "m.zip", {**members, "aXb": b"x"})
    assert "plain name" in refused(patched(path, b"aXb", b"a\0b")).why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"external_attr": LINK}, "no link or device"),
        ({"external_attr": DEVICE}, "no link or device"),
        ({"compress_type": zipfile.ZIP_BZIP2}, "stored or deflated"),
        ({"compress_type": zipfile.ZIP_LZMA}, "stored or deflated"),
    ],
)
def test_a_member_that_is_no_plain_file_is_refused(folder, tmp_path, changes, why):
    error = refused(zip_model(tmp_path / "m.zip", folder, **changes))
    assert why in error.why and error.code == "KS-M08"


def test_an_encrypted_member_is_refused(folder, tmp_path):
    path = zip_model(tmp_path / "m.zip", folder)
    data = bytearray(path.read_bytes())
    for start in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[start] |= 1
    path.write_bytes(data)
    assert "encrypted" in refused(path).why


def test_two_members_of_one_name_are_refused(members, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
            for name in (*members, JSON):
                archive.writestr(name, members[name])
    assert "two of its members" in refused(tmp_path / "m.zip").why


def test_more_files_than_a_model_needs_are_refused(members, tmp_path):
    many = {f"note{number}": b"" for number in range(9)}
    assert "at most 10 files" in refused(zip_of(tmp_path / "m.zip", {**members, **many})).why


def test_a_bomb_is_refused_unread(members, tmp_path):
    bomb = {**members, WEIGHTS: bytes(50_000_000)}
    path = zip_of(tmp_path / "m.zip", bomb, compress_type=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    assert "100 times its size" in refused(path).why


def test_a_size_that_the_list_of_contents_makes_up_is_refused(members, tmp_path):
    path = zip_of(tmp_path / "m.zip", members)
    size = len(members[WEIGHTS]).to_bytes(4, "little")
    # Both sizes, compressed and not: as large as a ratio of 1 allows to claim.
    huge = (3 << 30).to_bytes(4, "little")
    assert "upon one another" in refused(patched(path, size * 2, huge * 2)).why


def test_sizes_beyond_what_any_model_has_are_refused(members, tmp_path):
    path = zip_of(tmp_path / "m.zip", members)
    size = len(members[WEIGHTS]).to_bytes(4, "little")
    huge = (0xFFFFFFF0).to_bytes(4, "little")
    assert refused(patched(path, size * 2, huge * 2)).code == "KS-M08"


@pytest.mark.parametrize("names", [(), (JSON,), (WEIGHTS,), ("a/b/" + JSON, "a/b/" + WEIGHTS)])
def test_a_zip_without_a_model_is_refused(members, tmp_path, names):
    inside = {name: members[name.split("/")[-1]] for name in names}
    error = refused(zip_of(tmp_path / "m.zip", inside))
    assert error.code in ("KS-M01", "KS-M02")


def test_a_member_whose_checksum_is_wrong_is_refused(folder, tmp_path):
    path = zip_model(tmp_path / "m.zip", folder)
    error = refused(patched(path, b'"precision": "bfloat16"', b'"precision": "bfloat61"'))
    assert error.code == "KS-M08" and "CRC" in error.why


def test_a_zip_that_is_replaced_after_it_was_read_is_refused(folder, tmp_path):
    read = read_model(zip_model(tmp_path / "m.zip", folder))
    other = write_plain_folder(tmp_path / "other", fill=2.0)
    zip_model(tmp_path / "m.zip", other)
    with pytest.raises(ModelFileError, match="was changed"):
        read_weights(read)
    zip_of(tmp_path / "m.zip", {"../x": b""})
    with pytest.raises(ModelFileError, match="`..`"):
        read_weights(read)


def test_any_damage_gives_a_model_or_a_refusal(folder, tmp_path_factory):
    whole = zip_model(tmp_path_factory.mktemp("zip") / "m.zip", folder).read_bytes()
    path = tmp_path_factory.mktemp("zip") / "m.zip"

    @settings(max_examples=200)
    @given(st.integers(0, len(whole) - 1), st.integers(0, 255), st.integers(-40, len(whole)))
    def damage(place, byte, kept):
        data = bytearray(whole)
        data[place] = byte
        path.write_bytes(data[:kept] if kept > 0 else data)
        try:
            assert isinstance(read_model(path), ModelFolder)
        except ModelFileError:
            pass

    damage()


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06" + bytes(18), b"x" * 1000, b"PK\x03\x04" * 9])
def test_what_is_no_zip_is_refused(tmp_path, data):
    (tmp_path / "m.zip").write_bytes(data)
    refused(tmp_path / "m.zip")
