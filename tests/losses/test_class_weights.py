import numpy as np
import pytest

from kseg.losses.class_weights import measured_class_weights
from kseg.losses.cross_entropy import WeightedCrossEntropy
from tests.losses.every import voxels


def test_measured_weights_are_those_of_a_batch_that_is_the_whole_data_set():
    labels, logits = voxels({}, (4, 5, 5))
    weights = measured_class_weights(np.bincount(labels.ravel()))
    fixed = WeightedCrossEntropy(weights)(labels, logits)
    batch = WeightedCrossEntropy("batch")(labels, logits)
    assert float(fixed) == pytest.approx(float(batch), rel=1e-6)


def test_a_class_that_fills_every_voxel_still_counts_a_little():
    assert measured_class_weights([10**9, 1]) == (0.01, 1.0)


@pytest.mark.parametrize("counts", [[], [5], [0, 0], [3, -1]])
def test_counts_without_a_share_are_refused(counts):
    with pytest.raises(ValueError, match="`voxels` must hold"):
        measured_class_weights(counts)
