from dataclasses import replace

import numpy as np
import pytest

from kseg.dataset import ReadOptions
from kseg.preprocess.case_facts import SAMPLES_PER_CASE, case_facts
from tests.preprocess._scans import NAMES, make_case, write_nifti

SETTINGS = {"channels": 1, "label_names": NAMES, "crop": True, "options": ReadOptions()}


def test_large_organ_gives_a_bounded_seeded_sample(tmp_path):
    case, voxels, labels = make_case(tmp_path, "big", shape=(30, 40, 40))
    facts = case_facts(case, tmp_path / "facts", seed=1, **SETTINGS)
    again = case_facts(case, tmp_path / "other", seed=1, **SETTINGS)
    other = case_facts(case, tmp_path / "other", seed=2, **SETTINGS)
    assert len(facts.samples[0]) == SAMPLES_PER_CASE < (labels > 0).sum()
    assert facts == again != other
    assert facts.maxima == (voxels[labels > 0].max(),)


def test_voxels_that_nobody_has_labelled_are_no_foreground(tmp_path):
    case, voxels, labels = make_case(tmp_path, "a")
    plain = case_facts(case, tmp_path / "facts", seed=1, **SETTINGS)
    labels = labels.copy()
    labels[:, :, 0] = len(NAMES)
    write_nifti(case.label, labels.astype(np.uint8))
    settings = {**SETTINGS, "options": ReadOptions(ignore=len(NAMES))}
    facts = case_facts(case, tmp_path / "facts", seed=1, **settings)
    kept = labels < len(NAMES)
    assert sum(facts.label_voxels) == kept.sum() < sum(plain.label_voxels)
    foreground = voxels[(labels > 0) & kept]
    assert (facts.minima, facts.maxima) == ((foreground.min(),), (foreground.max(),))


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"spacing_mm": 3}'])
def test_damaged_record_is_measured_again(tmp_path, damage):
    case, _, _ = make_case(tmp_path, "a")
    facts = case_facts(case, tmp_path / "facts", seed=1, **SETTINGS)
    (record,) = (tmp_path / "facts").iterdir()
    record.write_bytes(damage)
    assert case_facts(case, tmp_path / "facts", seed=1, **SETTINGS) == facts


def test_two_channels_are_measured_side_by_side(tmp_path):
    case, voxels, labels = make_case(tmp_path, "a")
    write_nifti(tmp_path / "four.nii.gz", np.stack([voxels, -voxels]))
    case = replace(case, images=(tmp_path / "four.nii.gz",))
    facts = case_facts(case, tmp_path / "facts", seed=1, **{**SETTINGS, "channels": 2})
    np.testing.assert_array_equal(facts.samples[0], -np.array(facts.samples[1]))
    assert facts.minima[1] == -facts.maxima[0]
