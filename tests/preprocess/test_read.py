from dataclasses import replace

import numpy as np
import pytest

from kseg.dataset import ReadOptions
from kseg.errors import ManifestError, VolumeError
from kseg.preprocess.read import read_labelled, require_mask
from tests.preprocess._scans import NAMES, make_case, write_nifti


def test_image_and_mask_come_back_on_one_grid(tmp_path):
    case, voxels, labels = make_case(tmp_path, "a")
    image, mask = read_labelled(case, 1, NAMES, ReadOptions())
    np.testing.assert_array_equal(image.voxels[..., 0], voxels)
    np.testing.assert_array_equal(mask.voxels, labels)


def test_d05_mask_of_another_shape_is_refused(tmp_path):
    case, _, labels = make_case(tmp_path, "a")
    write_nifti(case.label, labels[:-1])
    with pytest.raises(VolumeError):
        read_labelled(case, 1, NAMES, ReadOptions())


def test_c05_undeclared_value_is_refused(tmp_path):
    case, _, _ = make_case(tmp_path, "a")
    with pytest.raises(VolumeError):
        read_labelled(case, 1, NAMES[:2], ReadOptions())


def test_case_without_mask_is_named(tmp_path):
    case, _, _ = make_case(tmp_path, "a")
    with pytest.raises(ManifestError, match="case a has no mask"):
        require_mask(replace(case, label=None))
