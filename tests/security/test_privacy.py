"""Nothing of what a scan's header tells of a patient is in anything that kseg writes or says."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from tests.security.canaries import CANARY, DATE, FOLDER, NAME, NUMBER, SUBJECT, write_planted
from tests.security.command import kseg
from tests.security.search import Searched, holders, holders_in_folder
from tests.workflow.tiny import RECIPE, write_recipe

WORDS = [CANARY, NAME, NUMBER, DATE]
OUTPUTS = ("checked", "run", "work", "masks", "judged", "page")


@dataclass(frozen=True)
class Made:
    """All that came of one data set: `root` holds a folder for each of `OUTPUTS`."""

    root: Path
    data: Path
    said: bytes
    searched: Searched

    def holders_of(self, *words):
        """Return the output files that hold any of the words, by their place under `root`."""
        words = [word if isinstance(word, bytes) else word.encode() for word in words]
        return {place.partition(" > ")[0] for place in self.searched.holders(words)}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Check, fit, predict, evaluate and report, as a person would."""
    root = tmp_path_factory.mktemp("outputs")
    data = write_planted(tmp_path_factory.mktemp("data") / FOLDER)
    short = RECIPE.replace("steps: 8, steps_per_epoch: 4", "steps: 2, steps_per_epoch: 2")
    recipe = write_recipe(tmp_path_factory.mktemp("recipe"), short)
    run, masks, judged = root / "run", root / "masks", root / "judged"
    scans, work = data / "imagesTr", ["--work", root / "work"]
    commands = [
        ["check", data, "--full", "--out", root / "checked"],
        ["fit", recipe, "--data", data, "--out", run, *work],
        ["predict", run, scans, "--out", masks],
        ["evaluate", data, masks, "--against", run, "--partial", "--out", judged]
        + ["--report", "--images", scans],
        ["report", run, *work, "--out", root / "page/page.html"],
    ]
    ended = [kseg(*words) for words in commands]
    assert [one.code for one in ended] == [0] * len(commands), ended
    return Made(root, data, b"".join(one.written for one in ended), Searched(root))


def test_every_file_of_the_data_set_is_full_of_canaries(made):
    """The tests below are worth what is planted."""
    files = [path for path in made.data.rglob("*") if path.is_file()]
    assert len(files) == 13
    for path in files:
        content = path.read_bytes()
        places = holders(content, [NAME]) & holders(content, [NUMBER]) & holders(content, [DATE])
        assert places >= ({"", " > gzip at 0"} if path.suffix == ".gz" else {""})
    for number in range(6):
        image = nib.load(made.data / f"imagesTr/case{number}.nii.gz")
        assert [part.get_code() for part in image.header.extensions] == [2, 4, 6, 44]
        assert CANARY in image.header["descrip"].item() + image.header["aux_file"].item()


def test_no_text_of_a_header_or_manifest_is_in_any_byte_of_any_output(made):
    for output in OUTPUTS:
        assert any(path.is_file() for path in (made.root / output).rglob("*"))
    assert made.holders_of(*WORDS) == set()


def test_no_text_of_a_header_or_manifest_is_told_on_a_terminal(made):
    assert b"mean Dice" in made.said and b"noted" in made.said
    assert holders(made.said, WORDS) == set()


def test_only_these_files_hold_the_place_of_the_data(made):
    """The recipe as it ran says where its data lay; what was found wrong with them says so too."""
    assert made.holders_of(FOLDER, made.data.parent.name) == {
        "checked/check.json",
        "run/recipe.lock.yaml",
        "run/recipe.origins.json",
        "run/report.html",
        "page/page.html",
    }


def test_only_tables_and_pages_hold_the_subjects_of_the_manifest(made):
    assert made.holders_of(SUBJECT) == {
        "run/validation/cases.csv",
        "run/report.html",
        "page/page.html",
        "judged/cases.csv",
        "judged/report.html",
    }


def test_the_model_folder_names_no_case_person_file_or_folder(made):
    model = made.root / "run/model"
    assert {path.name for path in model.iterdir()} >= {"model.json"}
    words = [b"case0", SUBJECT.encode(), FOLDER.encode(), str(made.root).encode(), b".nii"]
    assert holders_in_folder(model, words) == set()


def test_a_predicted_mask_has_a_fresh_header_and_nothing_but_voxels_behind_it(made):
    masks = sorted((made.root / "masks").glob("*.nii.gz"))
    masks += sorted((made.root / "run/validation/masks").glob("*.nii.gz"))
    assert len(masks) == 8
    for path in masks:
        packed = path.read_bytes()
        content, mask = gzip.decompress(packed), nib.load(path)
        # Deflate, without name, comment, extra field or time.
        assert packed[:8] == b"\x1f\x8b\x08\0\0\0\0\0"
        kind = type(mask.header)
        fresh = kind(endianness="<")
        fresh.set_data_dtype(np.uint8)
        fresh.set_data_shape(mask.shape)
        scan = nib.load(made.data / "imagesTr" / path.name)
        needed = "vox_offset scl_slope scl_inter xyzt_units pixdim qform_code sform_code".split()
        needed += [f"quatern_{letter}" for letter in "bcd"]
        needed += [f"{name}_{letter}" for name in ("qoffset", "srow") for letter in "xyz"]
        for name in fresh.structarr.dtype.names:
            if name not in needed:
                assert mask.header[name].tobytes() == fresh[name].tobytes(), name
        assert mask.affine.tobytes() == scan.affine.tobytes()
        for name in ("qform_code", "sform_code"):
            assert mask.header[name] == scan.header[name]
        assert len(content) == int(fresh.single_vox_offset) + mask.get_fdata().size
        assert not any(content[fresh.sizeof_hdr : int(fresh.single_vox_offset)])


def test_a_record_of_predictions_names_files_but_no_folders(made):
    record = json.loads((made.root / "masks/predictions.json").read_text())
    assert [scan["input"] for scan in record["scans"]][:1] == [["case0.nii.gz"]]
    assert holders_in_folder(made.root / "masks", [str(made.root).encode()]) == set()
