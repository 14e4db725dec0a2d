"""A message about a damaged file never repeats what is in it."""

import gzip
import json

import numpy as np
import pytest

from kseg.errors import VolumeError
from kseg.volume import read_image, read_labels
from tests.security.canaries import (
    CANARY,
    FOLDER,
    NAME,
    TEXT,
    planted_bytes,
    planted_gzip,
    write_planted,
)
from tests.security.command import kseg
from tests.security.search import holders, holders_in_folder

SHAPE_XYZ = (6, 5, 4)
HEADER_BYTES = 540
# The shortest piece of a text that could be taken for one.
PIECES = [NAME[at : at + 4] for at in range(len(NAME) - 3)]


@pytest.fixture(scope="module")
def planted():
    return planted_bytes(np.arange(120).reshape(SHAPE_XYZ).astype(np.int16))


def repeats(message):
    return any(piece in message.encode() for piece in PIECES)


def told(path, read):
    """Return all that reading a file says: the error, or the findings."""
    try:
        volume = read(path)
    except VolumeError as error:
        return str(error)
    return " ".join(f"{finding.why} {finding.fix}" for finding in volume.findings)


@pytest.mark.parametrize(("read", "number"), [(read_image, 0), (read_labels, 1)])
def test_a_name_written_over_any_part_of_a_header_is_not_repeated(tmp_path, read, number):
    """Whatever field it hits: size, magic, axes, type, scale, geometry."""
    content = planted_bytes(np.zeros(SHAPE_XYZ, np.uint8), number)
    path, refused = tmp_path / "scan.nii", 0
    for start in range(HEADER_BYTES):
        path.write_bytes(content[:start] + NAME + content[start + len(NAME) :])
        message = told(path, read)
        refused += "fix" in message
        assert not repeats(message), (start, message)
    assert refused > 50


DAMAGED = {
    "a text": lambda content: TEXT * 9,
    "a text in brackets": lambda content: b"<" + TEXT * 9,
    "a page with a name": lambda content: b"<html>" + TEXT * 9,
    "a text behind a mark": lambda content: b"version https://git-lfs " + TEXT,
    "a header cut short": lambda content: content[:200],
    "a header alone": lambda content: content[:352],
    "a file cut short": lambda content: content[:-300],
    "an unknown mark": lambda content: content[:344] + CANARY[:4] + content[348:],
    "two times compressed": lambda content: planted_gzip(planted_gzip(content)),
    "compressed and cut short": lambda content: planted_gzip(content)[:-400],
    "compressed and changed": lambda content: _changed(planted_gzip(content)),
    "compressed without an end": lambda content: planted_gzip(content)[:-8],
    "compressed text": lambda content: gzip.compress(TEXT * 9),
    "a head of gzip and text": lambda content: planted_gzip(content)[:60] + TEXT,
    "a DICOM file": lambda content: bytes(128) + b"DICM" + TEXT * 9,
}


def _changed(packed):
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 255]) + packed[middle + 1 :]


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_is_refused_without_a_word_of_what_is_in_it(tmp_path, planted, damage):
    path = tmp_path / "scan.nii.gz"
    path.write_bytes(DAMAGED[damage](planted))
    with pytest.raises(VolumeError) as refused:
        read_image(path)
    assert refused.value.fix and not repeats(str(refused.value))


def test_commands_that_meet_damaged_files_tell_and_write_nothing_of_their_texts(tmp_path):
    data = write_planted(tmp_path / "data", cases=4)
    masks, out = data / "labelsTr", tmp_path / "out"
    content = (masks / "case0.nii.gz").read_bytes()
    (masks / "case1.nii.gz").write_bytes(TEXT * 9)
    (masks / "case2.nii.gz").write_bytes(content[:-90])
    (data / "imagesTr/case3.nii.gz").write_bytes(b"<" + TEXT * 9)
    judged = ["evaluate", data, masks, "--out", out / "judged", "--report"]
    commands = {
        ("check", data, "--full", "--out", out / "checked"): 4,
        ("fit", "liver", "--data", data, "--out", out / "run", "--work", out / "work"): 4,
        tuple(judged): 3,
        ("view", "--no-browser", masks / "case1.nii.gz"): 4,
    }
    for words, code in commands.items():
        ended = kseg(*words)
        assert ended.code == code, ended
        assert not holders(ended.written, [CANARY]), ended
    assert len(list(out.rglob("*.json"))) >= 3
    assert holders_in_folder(out, [CANARY]) == set()


@pytest.mark.parametrize("missing", [False, True])
def test_the_error_that_ended_a_run_is_logged_without_the_place_of_the_data(tmp_path, missing):
    data, out = write_planted(tmp_path / FOLDER, cases=6), tmp_path / "out"
    for number in (1, 2):
        scan = data / f"imagesTr/case{number}.nii.gz"
        scan.write_bytes(TEXT * 9)
        if missing:
            scan.unlink()
    ended = kseg("fit", "liver", "--data", data, "--out", out / "run", "--work", out / "work")
    assert ended.code == 4, ended
    *_, last = (out / "run/log.jsonl").read_text().splitlines()
    assert json.loads(last)["code"].startswith("KS-"), last
    assert "imagesTr/case1.nii.gz" in last and "imagesTr/case2.nii.gz" in last
    words = [CANARY, FOLDER.encode(), str(tmp_path).encode()]
    assert holders((out / "run/log.jsonl").read_bytes(), words) == set()


def test_a_damaged_manifest_is_refused_without_its_free_texts(tmp_path):
    data = write_planted(tmp_path / "data", cases=2)
    manifest = data / "dataset.json"
    whole = manifest.read_text()
    content = json.loads(whole)
    rows = [{"scan": row["image"], "patient": row["patient"]} for row in content["training"]]
    for text in (
        whole[:-2],
        whole.replace('"modality"', '"name"'),
        json.dumps(content | {"training": rows}),
        json.dumps(content | {"training": [TEXT.decode()]}),
        json.dumps(content | {"training": TEXT.decode()}),
    ):
        manifest.write_text(text)
        ended = kseg("check", data, "--out", tmp_path / "out")
        assert ended.code == 4 and b"KS-E13" in ended.written, ended
        assert not holders(ended.written, [CANARY]), ended
        assert holders_in_folder(tmp_path / "out", [CANARY]) == set()
