import csv
import json
import math

import numpy as np
import pytest
import scipy.stats

from kseg.dataset.sources.digits import open_digits
from kseg.workflow.digits_score import (
    case_id,
    summarise_digits,
    wilson,
    write_digit_tables,
)
from tests.workflow.digits_of import write_digits


@pytest.mark.parametrize(("right", "cases"), [(0, 7), (7, 7), (3, 7), (9665, 10_000), (1, 1)])
def test_the_interval_is_the_one_that_scipy_gives(right, cases):
    expected = scipy.stats.binomtest(right, cases).proportion_ci(0.95, method="wilson")
    share = wilson(right, cases)
    assert (share.low, share.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert (share.mean, share.cases) == (right / cases, cases)


def test_without_any_digit_there_is_no_share():
    share = wilson(0, 0)
    assert share.cases == 0 and all(map(math.isnan, (share.mean, share.low, share.high)))


def test_each_digit_has_a_share_of_its_own():
    summary = summarise_digits([0, 0, 1, 1, 1, 9], [0, 1, 1, 1, 1, 4])
    assert summary.accuracy == wilson(4, 6)
    shares = {name: (share.mean, share.cases) for name, share in summary.digits.items()}
    assert shares["0"] == (0.5, 2) and shares["1"] == (1.0, 3) and shares["9"] == (0.0, 1)
    assert list(shares) == list("0123456789")
    plain = summary.to_dict()
    assert plain["digits"]["5"] == {"mean": None, "low": None, "high": None, "cases": 0}
    json.dumps(plain, allow_nan=False)


def test_the_tables_hold_every_digit_and_what_was_made_of_them(tmp_path):
    digits = open_digits(write_digits(tmp_path / "mnist.npz", test=30))
    predicted = digits.test_labels.astype(np.int64)
    predicted[:6] = (predicted[:6] + 1) % 10
    summary = write_digit_tables(tmp_path / "validation", digits, predicted)
    with (tmp_path / "validation/digits.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["case"] for row in rows] == [case_id("test", row) for row in range(30)]
    assert sum(row["label"] == row["predicted"] for row in rows) == 24
    assert [int(row["label"]) for row in rows] == digits.test_labels.tolist()
    stored = json.loads((tmp_path / "validation/summary.json").read_text())
    assert stored == summary.to_dict() and stored["accuracy"]["mean"] == 0.8
