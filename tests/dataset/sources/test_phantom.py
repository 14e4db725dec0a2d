from pathlib import Path

import nibabel
import numpy as np
import pytest

from kseg.dataset import check_cases, open_dataset
from kseg.dataset.sources import PhantomSettings, phantom
from kseg.volume import make_grid, read_image, read_labels

SETTINGS = PhantomSettings(cases=3, seed=1)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    return open_dataset(None, source="phantom", work=work, phantom=SETTINGS)


def test_the_phantom_says_that_it_is_one(dataset):
    assert dataset.phantom and dataset.name == "phantom" and len(dataset.cases) == 3
    assert dataset.label_names == ("background", "liver", "lesion")
    assert "Synthetic" in (dataset.root / "dataset.json").read_text()
    assert open_dataset(dataset.root, work=Path("unused")).phantom


def test_the_phantom_passes_every_check(dataset):
    findings = check_cases(dataset.cases, dataset.label_names, dataset.channels, full=True)
    assert [finding for finding in findings if finding.code != "KS-C06"] == []


def test_the_phantom_has_the_densities_and_the_side_of_an_abdomen(dataset):
    for case in dataset.cases:
        image, labels = read_image(case.images), read_labels(case.label).voxels
        voxels = image.voxels[..., 0]
        litres = (labels > 0).sum() * np.prod(image.spacing_mm) / 1e6
        assert 0.6 < litres < 2.2
        assert 30 < voxels[labels == 1].mean() < 140
        assert voxels.min() == -1024 or voxels.min() < -950  # air
        assert voxels.max() > 200  # bone
        # the liver lies on the patient's right, which is where x grows to
        assert np.argwhere(labels)[:, 2].mean() > 0.5 * labels.shape[2]
        # other tissue of the liver's density: a threshold must not be enough
        alike = np.abs(voxels - voxels[labels == 1].mean()) < 2 * voxels[labels == 1].std()
        assert (alike & (labels == 0)).sum() > 0.5 * (labels > 0).sum()


def test_spacing_and_orientation_vary(dataset):
    affines = [nibabel.load(case.images[0]).affine for case in dataset.cases]
    assert len({nibabel.aff2axcodes(affine) for affine in affines}) > 1
    assert len({read_image(case.images).spacing_mm for case in dataset.cases}) == 3


def test_image_and_mask_lie_on_one_grid_for_other_tools(dataset):
    sitk = pytest.importorskip("SimpleITK")
    for case in dataset.cases:
        image, mask = sitk.ReadImage(str(case.images[0])), sitk.ReadImage(str(case.label))
        assert image.GetSize() == mask.GetSize()
        assert image.GetDirection() == mask.GetDirection()
        assert image.GetPixelIDValue() == sitk.sitkInt16


def test_equal_settings_give_equal_bytes(dataset, tmp_path):
    again = open_dataset(None, source="phantom", work=tmp_path, phantom=PhantomSettings(1, 1))
    for kind in ("imagesTr", "labelsTr"):
        name = f"{kind}/phantom_000.nii.gz"
        assert (again.root / name).read_bytes() == (dataset.root / name).read_bytes()
    assert again.root.name != dataset.root.name


def test_the_phantom_is_made_once(dataset, monkeypatch):
    monkeypatch.setattr(phantom, "make_scan", lambda *_: pytest.fail("made again"))
    work = dataset.root.parent.parent
    assert open_dataset(None, source="phantom", work=work, phantom=SETTINGS) == dataset


def test_a_phantom_that_fails_half_way_leaves_nothing(tmp_path, monkeypatch):
    def fail(seed, index):
        raise MemoryError

    monkeypatch.setattr(phantom, "make_scan", fail)
    with pytest.raises(MemoryError):
        phantom.open_phantom(PhantomSettings(2, 5), tmp_path)
    assert list((tmp_path / "phantom").iterdir()) == []


def test_a_phantom_made_meanwhile_by_another_process_is_taken(tmp_path, monkeypatch):
    settings = PhantomSettings(1, 3)
    shape = (4, 5, 6)
    voxels, grid = np.zeros(shape, np.int16), make_grid(np.eye(4), shape[::-1])
    scan = phantom.PhantomScan(voxels, voxels.astype(np.uint8), grid)

    def overtaken(seed, index):
        monkeypatch.setattr(phantom, "make_scan", lambda *_: scan)
        phantom.open_phantom(settings, tmp_path)
        return scan

    monkeypatch.setattr(phantom, "make_scan", overtaken)
    assert len(phantom.open_phantom(settings, tmp_path).cases) == 1
    assert len(list((tmp_path / "phantom").iterdir())) == 1
