import json

import numpy as np
import pytest

from kseg.dataset import Case
from kseg.errors import KsegError, ManifestError
from kseg.preprocess.fingerprint import Fingerprint, measure_fingerprint
from tests.preprocess._scans import NAMES, make_case, make_cases, write_nifti


def measure(cases, work, **options):
    return measure_fingerprint(cases, work, channels=("CT",), label_names=NAMES, **options)


def test_statistics_are_those_of_the_labelled_voxels(tmp_path):
    made = [make_case(tmp_path, f"c{seed}", seed) for seed in range(3)]
    fingerprint = measure([case for case, _, _ in made], tmp_path / "work")
    values = np.concatenate([voxels[labels > 0] for _, voxels, labels in made]).astype(float)
    (channel,) = fingerprint.channels
    assert channel.mean == pytest.approx(values.mean())
    assert channel.std == pytest.approx(values.std())
    assert (channel.low, channel.high) == pytest.approx(tuple(np.percentile(values, (0.5, 99.5))))
    assert channel.median == np.median(values)
    assert (channel.minimum, channel.maximum) == (values.min(), values.max())
    assert channel.percentile(2) == pytest.approx(np.percentile(values, 2))
    expected = sum(np.bincount(labels.ravel(), minlength=3) for _, _, labels in made)
    assert fingerprint.label_voxels == tuple(expected)
    assert fingerprint.spacings_mm == ((3.0, 1.5, 1.0),) * 3
    assert fingerprint.shapes_zyx == ((4, 8, 10),) * 3


def test_shapes_are_whole_without_cropping(tmp_path):
    cases = make_cases(tmp_path, 1)
    assert measure(cases, tmp_path / "work", crop=False).shapes_zyx == ((8, 12, 14),)


def test_e04_validation_cases_are_never_opened(tmp_path):
    train, validation = make_cases(tmp_path / "a", 2), make_cases(tmp_path / "b", 2)
    before = measure(train, tmp_path / "work")
    for case in validation:
        case.images[0].unlink()
        case.label.write_bytes(b"not a scan")
    assert measure(train, tmp_path / "other work") == before
    assert len(list((tmp_path / "other work" / "fingerprint").iterdir())) == len(train)
    with pytest.raises((KsegError, OSError)):
        measure((*train, *validation), tmp_path / "work")


def test_second_run_reads_no_voxels(tmp_path, monkeypatch):
    cases = make_cases(tmp_path, 2)
    first = measure(cases, tmp_path / "work")

    def refuse(*_):
        raise RuntimeError("a voxel was read")

    monkeypatch.setattr("kseg.preprocess.case_facts.read_labelled", refuse)
    assert measure(cases, tmp_path / "work") == first


def test_g11_changed_bytes_are_measured_again(tmp_path):
    case, voxels, _ = make_case(tmp_path, "a")
    first = measure([case], tmp_path / "work")
    write_nifti(case.images[0], voxels + np.int16(10))
    assert measure([case], tmp_path / "work").channels[0].mean == pytest.approx(
        first.channels[0].mean + 10
    )


def test_fingerprint_survives_json(tmp_path):
    fingerprint = measure(make_cases(tmp_path, 2), tmp_path / "work")
    assert Fingerprint.from_dict(json.loads(json.dumps(fingerprint.to_dict()))) == fingerprint


def test_order_of_workers_does_not_matter(tmp_path):
    cases = make_cases(tmp_path, 4)
    alone = measure(cases, tmp_path / "one", workers=1)
    assert measure(cases, tmp_path / "two", workers=3) == alone


def test_case_without_labelled_voxels_counts_but_gives_no_intensity(tmp_path):
    case, _, labels = make_case(tmp_path, "empty", seed=5)
    write_nifti(case.label, np.zeros_like(labels))
    full = make_case(tmp_path, "full")[0]
    fingerprint = measure([case, full], tmp_path / "work")
    assert fingerprint.cases == 2
    assert fingerprint.channels == measure([full], tmp_path / "work").channels


def test_c06_no_labelled_voxel_at_all_is_refused(tmp_path):
    case, _, labels = make_case(tmp_path, "empty")
    write_nifti(case.label, np.zeros_like(labels))
    with pytest.raises(ManifestError, match="holds a labelled voxel"):
        measure([case], tmp_path / "work")


def test_e10_empty_training_split_is_refused(tmp_path):
    with pytest.raises(ManifestError, match="no case"):
        measure([], tmp_path / "work")


def test_case_without_mask_is_refused(tmp_path):
    case, _, _ = make_case(tmp_path, "a")
    with pytest.raises(ManifestError, match="has no mask"):
        measure([Case("a", "a", case.images, None)], tmp_path / "work")
