"""`kseg evaluate` on real scans, against DeepMind's package; `benchmarks/evaluate.py` times it."""

import os
from pathlib import Path

import numpy as np
import pytest
import surface_distance
from scipy import ndimage

from kseg.volume import read_labels, write_labels
from tests.cli.test_evaluate import rows_of

DATA = os.environ.get("KSEG_TEST_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="KSEG_TEST_DATA is not set: no real scans")
CASES = 4


@pytest.fixture
def oracle(monkeypatch):
    """DeepMind's package, with the names it uses and that newer versions have dropped."""
    for name in ("filters", "morphology"):
        monkeypatch.setattr(ndimage, name, ndimage, raising=False)
    monkeypatch.setattr(np, "Inf", np.inf, raising=False)
    return surface_distance


def shifted(folder):
    """The first true masks of the hippocampi, each moved by one voxel along x."""
    folder.mkdir()
    for file in sorted((Path(DATA) / "hippocampus/labelsTr").glob("*.nii.gz"))[:CASES]:
        labels = read_labels(file)
        voxels = np.zeros_like(labels.voxels)
        voxels[..., 1:] = labels.voxels[..., :-1]
        write_labels(folder / file.name, voxels, labels.grid)
    return folder


def test_the_table_of_real_masks_is_that_of_surface_distance(kseg_command, oracle, tmp_path):
    masks, truth = shifted(tmp_path / "masks"), Path(DATA) / "hippocampus"
    words = ("evaluate", truth, masks, "--partial", "--out", tmp_path / "out")
    assert kseg_command(*words).code == 0
    rows = rows_of(tmp_path / "out")
    assert len(rows) == 2 * CASES and {row["label"] for row in rows} == {"Anterior", "Posterior"}
    for row in rows:
        true, predicted = (
            read_labels(folder / f"{row['case']}.nii.gz") for folder in (truth / "labelsTr", masks)
        )
        value = 1 + (row["label"] == "Posterior")
        found = oracle.compute_surface_distances(
            true.voxels == value, predicted.voxels == value, true.spacing_mm
        )
        for name, percent in (("hd_mm", 100), ("hd95_mm", 95)):
            expected = oracle.compute_robust_hausdorff(found, percent)
            assert float(row[name]) == pytest.approx(expected, abs=1e-6)
        expected = oracle.compute_surface_dice_at_tolerance(found, 2.0)
        assert float(row["nsd"]) == pytest.approx(expected, abs=1e-6)
