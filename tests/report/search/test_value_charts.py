from xml.etree import ElementTree

from kseg.report.search.files import read_search
from kseg.report.search.marks import BEST, POINT
from kseg.report.search.value_charts import value_charts
from tests.report.search.samples import BASE, EVIL, SPACE, random_trials, write_search


def charts_of(folder):
    return {chart.title: chart for chart in value_charts(read_search(folder))}


def texts(chart):
    return [node.text for node in ElementTree.fromstring(chart.svg).iter("text")]


def marks(chart):
    # What has an id is the shape that others are drawn from.
    drawn = [
        n.get("style", "") for n in ElementTree.fromstring(chart.svg).iter() if not n.get("id")
    ]
    return {c: sum(c.lower() in style for style in drawn) for c in (POINT, BEST)}


def test_each_key_has_a_drawing_that_names_both_axes(tmp_path):
    charts = charts_of(write_search(tmp_path))
    assert list(charts) == list(SPACE)
    assert {"validation Dice", "depth"} <= set(texts(charts["model.depth"]))
    assert {"3", "4", "5"} <= set(texts(charts["model.depth"]))
    assert {"poly", "cosine", "exponential"} <= set(texts(charts["schedule.name"]))


def test_decades_are_drawn_where_the_space_says_so(tmp_path):
    written = texts(charts_of(write_search(tmp_path))["optimizer.learning_rate"])
    assert {"learning_rate, by decades", "0.0001", "0.001", "0.01", "0.1"} <= set(written)


def test_captions_tell_the_best_value_and_the_base_recipes(tmp_path):
    charts = charts_of(write_search(tmp_path))
    assert charts["schedule.name"].caption == ("8 configurations. Best: poly. Base recipe: poly.")
    # A key that the best does not use, and that the base recipe does not have.
    assert charts["schedule.decay_rate"].caption == "3 configurations."
    assert BEST.lower() in charts["schedule.name"].svg
    assert BEST.lower() not in charts["schedule.decay_rate"].svg
    assert "stroke-dasharray" in charts["schedule.name"].svg
    assert "stroke-dasharray" not in charts["schedule.decay_rate"].svg


def test_every_configuration_with_a_value_has_a_mark(tmp_path):
    charts = charts_of(write_search(tmp_path, trials=random_trials(60)))
    for key in ("model.depth", "schedule.name", "optimizer.learning_rate"):
        assert charts[key].caption.startswith("57 configurations")
        assert "1 is off the scale (arrow)" in charts[key].caption
        assert marks(charts[key]) == {POINT: 56, BEST: 1}


def test_a_value_outside_of_the_space_is_drawn_too(tmp_path):
    trials = random_trials(3)
    trials[0]["model.depth"], trials[1]["schedule.name"] = 9, "linear"
    charts = charts_of(write_search(tmp_path, trials=trials))
    assert "linear" in texts(charts["schedule.name"])
    assert "8" in texts(charts["model.depth"])


def test_many_long_choices_stand_aslant_and_are_cut(tmp_path):
    names = [f"a_rather_long_name_{letter}" for letter in "abcd"]
    trials = random_trials(8)
    for number, row in enumerate(trials):
        row["loss.name"] = names[number % 4]
    space = SPACE | {"loss.name": {"choice": names}}
    folder = write_search(tmp_path, trials=trials, space=space, base=BASE | {"loss.name": "x"})
    chart = charts_of(folder)["loss.name"]
    assert "a_rather_long_n…" in texts(chart) and "rotate(-35" in chart.svg


def test_names_are_shown_as_they_are_and_never_as_markup(tmp_path):
    key = f"x.{EVIL}"
    trials = [row | {key: EVIL} for row in random_trials(3)]
    folder = write_search(
        tmp_path, trials=trials, space={**SPACE, key: {"choice": [EVIL]}}, base={**BASE, key: EVIL}
    )
    chart = charts_of(folder)[key]
    assert EVIL in chart.title and "<script" not in chart.svg and EVIL in texts(chart)


def test_a_space_of_ranges_that_are_one_value_is_drawn(tmp_path):
    space = {**SPACE, "model.depth": {"int": [4, 4]}}
    space["optimizer.learning_rate"] = {"float": [0.1, 0.1], "scale": "log"}
    trials = [row | {"model.depth": 4, "optimizer.learning_rate": 0.1} for row in random_trials(2)]
    base = {**BASE, "optimizer.learning_rate": -1}
    charts = charts_of(write_search(tmp_path, trials=trials, space=space, base=base))
    assert "4" in texts(charts["model.depth"])
    assert "optimizer.learning_rate" in charts


def test_without_scores_nothing_is_drawn(tmp_path):
    assert charts_of(write_search(tmp_path, trials=[])) == {}
