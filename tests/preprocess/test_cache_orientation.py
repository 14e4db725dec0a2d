import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from kseg.dataset import open_dataset
from kseg.preprocess.cache import build_cache
from kseg.preprocess.normalize import ChannelScaling
from kseg.preprocess.plan import PreprocessPlan
from tests.preprocess._scans import NAMES, make_cases
from tests.volume.make import turn_file

PLAN = PreprocessPlan((2.0, 1.5, 1.5), (ChannelScaling("per_image"),))


@pytest.mark.skipif("KSEG_TEST_DATA" not in os.environ, reason="KSEG_TEST_DATA is not set")
def test_real_hippocampus_scans_are_cached(tmp_path):
    data = open_dataset(Path(os.environ["KSEG_TEST_DATA"]) / "hippocampus", work=tmp_path)
    entries = build_cache(data.cases[:5], PLAN, tmp_path, label_names=data.label_names)
    assert all(min(entry.label_counts) > 0 for entry in entries)


def bytes_of(entry):
    return [path.read_bytes() for path in (entry.image, entry.labels, entry.foreground)]


@pytest.mark.parametrize("code", ["LPS", "ASL", "SRA", "PIR", "IAL"])
def test_d06_a_mask_stored_along_other_axes_gives_the_same_entry(tmp_path, code):
    (case,) = make_cases(tmp_path, 1)
    (before,) = build_cache([case], PLAN, tmp_path / "before", label_names=NAMES)
    turn_file(case.label, code)
    (after,) = build_cache([case], PLAN, tmp_path / "after", label_names=NAMES)
    assert after.folder.name != before.folder.name and bytes_of(after) == bytes_of(before)


@pytest.mark.skipif("KSEG_TEST_DATA" not in os.environ, reason="KSEG_TEST_DATA is not set")
@pytest.mark.parametrize("turned", ["mask", "scan", "both"])
def test_a_real_case_stored_along_other_axes_gives_the_same_entry(tmp_path, turned):
    """Also with the scan turned: only its place in the world is rounded anew, and nothing else."""
    dataset = open_dataset(
        Path(os.environ["KSEG_TEST_DATA"]) / "hippocampus", work=tmp_path / "work"
    )
    plan = PreprocessPlan((1.5, 1.0, 0.8), (ChannelScaling("per_image"),))
    names = dataset.label_names
    (before,) = build_cache([dataset.cases[7]], plan, tmp_path / "before", label_names=names)
    for number, code in enumerate(("LPS", "ASL", "SRA", "PIR")):
        files = dataset.cases[7].images[0], dataset.cases[7].label
        scan, mask = (
            Path(shutil.copy(file, tmp_path / f"{kind}{number}.nii.gz"))
            for file, kind in zip(files, ("scan", "mask"))
        )
        for kind, file in (("scan", scan), ("mask", mask)):
            if turned in (kind, "both"):
                turn_file(file, code)
        case = replace(dataset.cases[7], images=(scan,), label=mask)
        (after,) = build_cache([case], plan, tmp_path / "after", label_names=names)
        assert bytes_of(after) == bytes_of(before)
