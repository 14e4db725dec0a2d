from pathlib import Path

import pytest

from kseg.dataset import make_regions
from kseg.errors import ManifestError

NAMES = ("background", "necrosis", "oedema", "non-enhancing", "enhancing")
BRAIN = {"whole": [1, 2, 3, 4], "core": [1, 3, 4], "enhancing": ["enhancing"]}


def made(wanted, order=None):
    return make_regions(wanted, order, NAMES, Path("a.yaml"))


def test_regions_are_made_of_labels_by_name_or_value():
    regions = made(BRAIN)
    assert regions.names == ("whole", "core", "enhancing")
    assert regions.labels == ((1, 2, 3, 4), (1, 3, 4), (4,))


def test_each_region_is_painted_with_its_smallest_label_that_no_later_one_holds():
    assert made(BRAIN).painted == (2, 1, 4)
    assert made({"a": [1, 2], "b": [2, 3]}).painted == (1, 2)


def test_the_order_of_nnunet_is_followed():
    assert made(BRAIN, [2, "non-enhancing", 4]).painted == (2, 3, 4)


@pytest.mark.parametrize(
    ("wanted", "order", "said"),
    [
        ({"a": [5]}, None, "labels of the data set, which are 1 necrosis, 2 oedema"),
        ({"a": [0]}, None, "Received: 0"),
        ({"a": ["edema"]}, None, "Received: 'edema'"),
        (BRAIN, [1, 2], "one label for each of the 3 regions"),
        # Whoever paints the whole last paints the core away.
        ({"core": [1, 3], "whole": [1, 2, 3]}, None, "every label of it is in one"),
        (BRAIN, [4, 3, 1], r"\"whole\" of the labels .* \[1, 3, 4\]\), .*Received: 4"),
        (BRAIN, [2, 2, 4], '"core" of the labels'),
    ],
)
def test_regions_that_a_mask_could_not_tell_are_refused(wanted, order, said):
    with pytest.raises(ManifestError, match=said) as caught:
        made(wanted, order)
    assert caught.value.code == "KS-E21" and caught.value.fix
