import re
from xml.etree import ElementTree

from kseg.report.search.curve_charts import curve_charts
from kseg.report.search.files import read_search
from kseg.report.search.marks import BEST
from tests.report.search.samples import random_trials, write_csv, write_search


def chart_of(folder):
    (chart,) = curve_charts(read_search(folder))
    return chart


def texts(chart):
    return [node.text for node in ElementTree.fromstring(chart.svg).iter("text")]


def colours(chart):
    return set(re.findall(r"stroke: (#[0-9a-fA-F]{6})", chart.svg))


def test_each_configuration_has_one_line_and_the_best_is_named_and_thick(tmp_path):
    chart = chart_of(write_search(tmp_path, trials=random_trials(3)))
    assert "3 in all" in chart.caption and "have a colour" not in chart.caption
    assert len(colours(chart)) == 3 and BEST.lower() in colours(chart)
    names = [text for text in texts(chart) if text and text.startswith("trial")]
    assert names == ["trial 2 (best)", "trial 0", "trial 1"]
    thick = re.findall(r"stroke: (#\w{6}); stroke-width: 2.6", chart.svg)
    assert set(thick) == {BEST.lower()}


def test_of_sixty_six_have_a_colour_and_the_others_are_counted(tmp_path):
    chart = chart_of(write_search(tmp_path, trials=random_trials(60)))
    assert len(colours(chart)) == 6
    assert sum(text.startswith("trial ") for text in texts(chart)) == 6
    assert "51 others" in texts(chart)
    assert len(chart.svg) < 120_000


def test_axes_say_what_they_show(tmp_path):
    chart = chart_of(write_search(tmp_path))
    assert {"share of the whole training, %", "validation Dice"} <= set(texts(chart))


def test_a_promoted_configuration_is_one_line_to_the_end(tmp_path):
    chart = chart_of(write_search(tmp_path))
    assert "8 in all" in chart.caption and "trial 8 (best)" in texts(chart)
    assert "from 0.2513 to 0.8865" in chart.caption


def test_where_the_whole_length_is_not_known_steps_are_shown(tmp_path):
    folder = write_search(tmp_path, trials=random_trials(3))
    rows = [{"epoch": 1, "step": 100, "val_dice": 0.5}, {"epoch": 2, "step": 200, "val_dice": 0.6}]
    write_csv(folder / "trials/0001/history.csv", rows, ("epoch", "step", "val_dice"))
    assert "step" in texts(chart_of(folder))


def test_a_score_that_training_does_not_measure_is_replaced_by_dice_and_named(tmp_path):
    objective = {"metrics": {"val_dice": 1.0, "seconds_per_scan": -0.1}, "direction": "max"}
    chart = chart_of(write_search(tmp_path, trials=random_trials(3), objective=objective))
    assert chart.title == "Validation Dice in the course of training"


def test_a_score_of_measured_parts_is_drawn_as_their_sum(tmp_path):
    objective = {"metrics": {"val_dice": 1.0, "loss": -1.0}, "direction": "max"}
    chart = chart_of(write_search(tmp_path, trials=random_trials(1), objective=objective))
    # With loss = 1 − Dice the sum is 2 × Dice − 1.
    assert chart.title == "Score in the course of training" and "score" in texts(chart)
    assert "to 0.6928" in chart.caption


def test_epochs_without_a_validation_are_left_out(tmp_path):
    folder = write_search(tmp_path, trials=random_trials(1))
    names = ("epoch", "step", "total_steps", "val_dice")
    values = (None, 0.4, None, 0.6)
    rows = [
        {"epoch": n, "step": n, "total_steps": 4, "val_dice": value}
        for n, value in enumerate(values, start=1)
    ]
    write_csv(folder / "trials/0000/history.csv", rows, names)
    assert "from 0.4000 to 0.6000" in chart_of(folder).caption
    write_csv(folder / "trials/0000/history.csv", rows[:1], names)
    assert curve_charts(read_search(folder)) == ()


def test_without_histories_there_is_no_drawing(tmp_path):
    assert curve_charts(read_search(write_search(tmp_path, trials=[]))) == ()


def test_a_drawing_is_the_same_every_time(tmp_path):
    folder = write_search(tmp_path)
    assert chart_of(folder) == chart_of(folder)
