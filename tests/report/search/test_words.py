import math

import pytest

from kseg.report.search.trials import Trial
from kseg.report.search.words import (
    duration,
    metric_axis,
    metric_title,
    score_axis,
    score_text,
    score_title,
    share_text,
)


def test_a_metric_that_is_not_known_keeps_its_name():
    assert metric_title("Surface_X") == ("Surface_X", "")
    assert metric_axis("Surface_X") == "Surface_X"


def test_axes_tell_their_unit():
    assert metric_axis("seconds_per_scan") == "time per scan, s"
    assert metric_axis("val_dice") == "validation Dice"


def test_a_score_of_several_metrics_is_written_as_their_sum():
    assert (
        score_title({"loss": -1.0, "val_dice": 2.0}) == "−1 × training loss + 2 × validation Dice"
    )
    assert score_title({"val_dice": 0.5}) == "0.5 × validation Dice"
    assert score_axis({"val_dice": 0.5}) == "score"


@pytest.mark.parametrize(
    "score, text", [(0.87654, "0.8765"), (-0.5, "−0.5000"), (123456.0, "123,456"), (math.nan, "–")]
)
def test_scores_of_any_size_are_readable(score, text):
    assert score_text(score) == text


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0, "0 s"), (59.6, "1 min"), (60, "1 min"), (3599.7, "1 h"), (3600, "1 h"),
        (90_000, "25 h"), (7_290, "2 h 2 min"), (math.nan, "–"),
    ],
)  # fmt: skip
def test_times_are_said_as_people_say_them(seconds, text):
    assert duration(seconds) == text


def test_small_shares_keep_a_digit():
    assert share_text(Trial(0, "completed", share_to=1 / 81)) == "1.2"
    assert share_text(Trial(0, "completed", share_from=0.012, share_to=0.037)) == "1.2 to 3.7"
