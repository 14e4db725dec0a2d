from pathlib import Path
from types import SimpleNamespace

import pytest

from kseg.errors import ManifestError
from kseg.evaluate import EvaluatedLabel, labels_by_value
from kseg.storage import sha256_bytes
from kseg.workflow.leaks import refuse_absent_labels, refuse_copies

ROOT = Path("data")


def case(name, content):
    return SimpleNamespace(id=name, image_sha256=sha256_bytes(content))


def test_the_same_image_on_both_sides_is_refused_with_both_names():
    train = [case("a", b"1"), case("b", b"2")]
    with pytest.raises(ManifestError, match=r"b \(trains\) and c \(validates\)") as caught:
        refuse_copies(train, [case("c", b"2"), case("d", b"4")], ROOT)
    assert (caught.value.code, caught.value.exit_code) == ("KS-E02", 4)


def test_copies_within_one_side_are_no_leak():
    train = [case("a", b"1"), case("b", b"1")]
    refuse_copies(train, [case("c", b"2")], ROOT)
    refuse_copies(train, [], ROOT)


def test_a_label_that_no_training_case_shows_is_refused_by_name():
    with pytest.raises(ManifestError, match="labels lesion, vessel") as caught:
        labels = labels_by_value(("background", "lesion", "liver", "vessel"))
        refuse_absent_labels(labels, (9, 0, 4, 0), ROOT)
    assert caught.value.code == "KS-C06"


def test_labels_that_are_all_there_pass():
    refuse_absent_labels(labels_by_value(("background", "liver")), (9, 4), ROOT)


def test_a_region_is_there_if_any_of_its_labels_is():
    whole, core = EvaluatedLabel("whole", (1, 2)), EvaluatedLabel("core", (2,))
    refuse_absent_labels((whole,), (9, 4, 0), ROOT)
    with pytest.raises(ManifestError, match="labels core"):
        refuse_absent_labels((whole, core), (9, 4, 0), ROOT)
