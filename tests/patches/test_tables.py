import numpy as np
import pytest

from kseg.patches.tables import read_tables
from kseg.storage import open_array
from tests.patches.cases import random_case, write_case


def test_rows_of_a_class_are_found_where_they_lie(tmp_path):
    labels = np.zeros((4, 4, 4))
    labels[0, 0, :2], labels[3, 3, 3] = 1, 3
    cases = [
        write_case(tmp_path, "a", labels[..., None], labels),
        random_case(tmp_path, "b", (5, 6, 7), classes=3),
    ]
    tables = read_tables(cases)
    assert tables.shapes_zyx.numpy().tolist() == [[4, 4, 4], [5, 6, 7]]
    assert tables.class_counts.numpy().tolist() == [[0, 2, 0, 1], [0, 50, 50, 0]]
    rows = open_array(cases[0].foreground)
    assert rows[tables.class_starts[0, 3].numpy()].tolist() == [3, 3, 3, 3]


def test_a_case_without_foreground_has_no_rows(tmp_path):
    tables = read_tables([write_case(tmp_path, "a", np.ones((2, 2, 2, 1)), np.zeros((2, 2, 2)))])
    assert tables.class_counts.numpy().tolist() == [[0, 0]]


def test_cases_with_unlike_channels_are_refused(tmp_path):
    one = random_case(tmp_path, "a", (4, 4, 4))
    two = random_case(tmp_path, "b", (4, 4, 4), channels=2)
    with pytest.raises(ValueError, match=r"same number of channels.*\[1, 2\]"):
        read_tables([one, two])
