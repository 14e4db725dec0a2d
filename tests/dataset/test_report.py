import json
from pathlib import Path

import pytest

from kseg.dataset import DataSet, refuse_all
from kseg.dataset.report import as_json, as_text, refused
from kseg.errors import VolumeError
from kseg.volume import Finding

DATA = DataSet("demo", "msd", Path("demo"), (), ("background", "x"), ("CT",), phantom=True)
FINDINGS = [
    Finding("KS-B14", "note", "a.nii", "its spacing is odd", None),
    Finding("KS-A04", "refuse", "b.nii", "it is empty", "copy it again"),
]


def test_refusals_come_first_and_each_finding_has_file_reason_and_code():
    text = as_text(DATA, FINDINGS, full=True)
    assert text.index("KS-A04") < text.index("KS-B14")
    assert "refused  b.nii  [KS-A04]\n  why   it is empty\n  fix   copy it again" in text
    assert "1 refused, 0 repaired, 1 noted" in text and "phantom" in text
    assert refused(FINDINGS) == FINDINGS[1:]


def test_the_json_holds_every_finding():
    content = json.loads(json.dumps(as_json(DATA, FINDINGS, full=False)))
    assert [finding["code"] for finding in content["findings"]] == ["KS-B14", "KS-A04"]
    assert content["refused"] == 1 and content["phantom"] is True


def test_a_data_set_that_cannot_be_opened_is_told_too():
    assert "cannot be opened: 1 refused" in as_text(None, FINDINGS[1:], full=False)
    assert "cases" not in as_json(None, FINDINGS, full=False)


def test_all_refusals_are_raised_at_once():
    with pytest.raises(VolumeError) as caught:
        refuse_all(FINDINGS)
    assert (caught.value.code, caught.value.file) == ("KS-A04", "b.nii")
    other = Finding("KS-D05", "refuse", "c.nii", "its shape differs", "look")
    with pytest.raises(VolumeError) as caught:
        refuse_all([*FINDINGS, other])
    assert caught.value.exit_code == 4
    assert all(part in str(caught.value) for part in ("b.nii", "KS-A04", "c.nii", "KS-D05"))
    assert "KS-B14" not in str(caught.value)
