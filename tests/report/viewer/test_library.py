import gzip
import hashlib
from importlib.resources import files

from kseg.report.viewer.library import NIIVUE_SHA256, NIIVUE_VERSION, niivue_gzip, viewer_script


def test_the_library_is_the_one_that_was_published():
    assert hashlib.sha256(gzip.decompress(niivue_gzip())).hexdigest() == NIIVUE_SHA256


def test_its_licence_its_version_and_its_hash_stand_beside_it():
    text = (files("kseg.report.viewer") / "NIIVUE.txt").read_text(encoding="utf-8")
    assert "BSD 2-Clause License" in text and "Copyright (c) 2021, Niivue" in text
    assert NIIVUE_VERSION in text and NIIVUE_SHA256 in text
    assert "://" not in text
    assert NIIVUE_VERSION.encode() in gzip.decompress(niivue_gzip())


def test_no_time_and_no_name_stand_in_the_file():
    assert niivue_gzip()[3] == 0 and niivue_gzip()[4:8] == bytes(4)


def test_the_script_asks_for_nothing():
    script = viewer_script()
    assert "window.ksegViewer" in script
    for forbidden in ("fetch(", "XMLHttpRequest", "import(", "://", "eval(", "innerHTML"):
        assert forbidden not in script
