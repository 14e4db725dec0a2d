import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from kseg.report.search.marks import BEST, POINT, Scale, draw_points, off_scale

GOOD = [0.87, 0.86, 0.85, 0.84, 0.83, 0.82]


def test_one_training_that_went_wrong_does_not_press_the_others_together():
    scale = Scale.of([*GOOD, 0.01], is_max=True)
    assert all(map(scale.holds, GOOD)) and not scale.holds(0.01)
    assert scale.low > 0.8


def test_where_lower_is_better_it_is_the_high_end_that_is_cut():
    losses = [1 - dice for dice in GOOD]
    scale = Scale.of([*losses, 25.0], is_max=False)
    assert all(map(scale.holds, losses)) and not scale.holds(25.0)
    assert scale.low < min(losses)


@pytest.mark.parametrize("scores", [[0.9, 0.1], [0.9], [0.5] * 9, [0.0], [0.9, 0.8, 0.7, 0.01]])
def test_few_scores_or_equal_ones_are_all_on_the_scale(scores):
    scale = Scale.of(scores, is_max=True)
    assert all(map(scale.holds, scores)) and scale.low < scale.high


def test_the_way_to_the_scores_is_seen_in_part():
    scale = Scale.of(GOOD, is_max=True, seen=[0.01, 0.5, 0.8, *GOOD])
    assert scale.holds(0.8) and not scale.holds(0.5)


def test_marks_tell_the_best_the_full_the_short_and_the_lost():
    axes = Figure().add_subplot()
    scores = [0.9, 0.8, 0.7, 0.0, 2.0]
    draw_points(
        axes, range(5), scores, Scale(0.6, 1.0), full=[True, True, False, True, True], best=0
    )
    marks = {
        tuple(map(float, drawn.get_offsets()[0])): (
            [to_hex(colour).upper() for colour in drawn.get_facecolor()],
            len(drawn.get_paths()[0].vertices),
        )
        for drawn in axes.collections
    }
    assert len(marks) == 5
    assert marks[0.0, 0.9][0] == [BEST] and marks[1.0, 0.8][0] == [POINT]
    assert marks[2.0, 0.7][0] == []
    # What is off the scale is an arrow, not a dot, just within the edge.
    assert marks[3.0, 0.6 + 0.4 * 0.03][1] < 6 and marks[4.0, 1.0 - 0.4 * 0.03][1] < 6


def test_what_is_off_the_scale_is_counted():
    assert off_scale([0.1, 0.2, 0.9], Scale(0.5, 1)) == " 2 are off the scale (arrow)."
    assert off_scale([0.9], Scale(0.5, 1)) == ""
