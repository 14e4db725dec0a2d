import json
import logging
from pathlib import Path

import numpy as np
import pytest

from kseg.bundle import load_network, read_model
from kseg.bundle.upgrade import FORMAT_VERSION, UPGRADES, NewerFormatError, upgrade
from kseg.errors import ModelFileError
from tests.bundle.folders import edit, write_folder

# Written by the first build of kseg that had model folders, commit 0788d4f.
FORMAT_1 = Path(__file__).parent / "format_1"


def test_a_folder_of_the_first_build_is_read_told_of_and_left_as_it_is(caplog):
    before = (FORMAT_1 / "model.json").read_bytes()
    assert json.loads(before)["format"] == 1 and "joined" not in json.loads(before)["reading"]
    with caplog.at_level(logging.WARNING):
        folder = read_model(FORMAT_1)
    assert "format 1" in caplog.text and str(FORMAT_1 / "model.json") in caplog.text
    description = folder.description
    assert description.name == "two-organs" and description.reading.joined == ()
    assert description.preprocess.scalings[0].clip_high == 240.0
    assert (FORMAT_1 / "model.json").read_bytes() == before


def test_the_network_of_the_first_build_still_predicts():
    model = load_network(read_model(FORMAT_1))
    logits = np.asarray(model(np.ones((1, 8, 16, 16, 1), "float32"), training=False))
    assert logits.shape == (1, 8, 16, 16, 3) and np.isfinite(logits).all() and logits.std() > 0


def test_todays_form_is_read_without_a_word(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="kseg"):
        read_model(write_folder(tmp_path))
    assert not caplog.records


@pytest.mark.parametrize(
    ("release", "told"),
    [
        ("0.9", "format 3, which kseg 0.9 wrote"),
        ("1.12.0rc1", "format 3, which kseg 1.12.0rc1 wrote"),
        (None, "format 3, of a newer kseg"),
        ("\x1b[2Jinstall evil-kseg", "format 3, of a newer kseg"),
    ],
)
def test_a_newer_form_is_refused_naming_the_release_that_it_needs(tmp_path, release, told):
    write_folder(tmp_path)
    edit(tmp_path, lambda data: data.update(format=FORMAT_VERSION + 1, kseg=release))
    with pytest.raises(ModelFileError) as refused:
        read_model(tmp_path)
    assert told in refused.value.why and refused.value.code == "KS-M03"
    assert "install the kseg that wrote it, or a newer one" in refused.value.fix


@pytest.mark.parametrize("found", [0, -1, True, "1", None, 1.0, [], 10**400])
def test_what_is_no_form_is_refused(found):
    with pytest.raises(ValueError, match="format"):
        upgrade({"format": found})
    with pytest.raises(ValueError, match="format"):
        upgrade({})


def test_there_is_a_way_from_each_form_to_the_next():
    assert list(UPGRADES) == list(range(1, FORMAT_VERSION))
    assert issubclass(NewerFormatError, ValueError)


def test_an_old_form_full_of_nonsense_is_left_for_the_parser_to_refuse():
    expected = {"kseg": "0.1.0", "regions": None, "reading": 7}
    assert upgrade({"format": 1, "reading": 7}) == (expected, 1)
    assert upgrade({"format": 1})[0] == {"kseg": "0.1.0", "regions": None}


def test_regions_in_a_form_that_knew_none_are_refused():
    """Its readers took every output for a label."""
    with pytest.raises(ValueError, match="`regions` must not be there"):
        upgrade({"format": 1, "regions": {"labels": {"whole": [1, 2]}}})
