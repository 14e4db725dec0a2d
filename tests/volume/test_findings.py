import pytest

from kseg.errors import ManifestError, VolumeError
from kseg.volume import Finding, raise_refusals
from kseg.volume.findings import note, refusal, repair


def test_a_finding_and_an_error_hold_the_same():
    error = refusal("B02", "a.nii", "why", "fix")
    finding = Finding.from_error(error)
    assert finding == Finding("KS-B02", "refuse", "a.nii", "why", "fix")
    assert str(finding.as_error()) == str(error)
    assert isinstance(finding.as_error(), VolumeError)


def test_an_error_without_a_file_is_a_finding_too():
    assert Finding.from_error(ManifestError(why="why", code="KS-E01")).file == ""


def test_only_refusals_are_raised():
    harmless = [note("B10", "a", "x"), repair("A05", "a", "x")]
    raise_refusals(harmless)
    with pytest.raises(VolumeError, match="KS-D05"):
        raise_refusals([*harmless, Finding("KS-D05", "refuse", "a", "x")])
