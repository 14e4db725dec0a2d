from xml.etree import ElementTree

from kseg.report.search.files import read_search
from kseg.report.search.pareto import pareto_charts, pareto_lines, quality
from tests.report.search.samples import METRICS, random_trials, write_csv, write_search


def texts(chart):
    return [node.text for node in ElementTree.fromstring(chart.svg).iter("text")]


def test_the_front_is_what_no_other_trial_beats_the_highest_dice_first(tmp_path):
    files = read_search(write_search(tmp_path, trials=random_trials(60)))
    lines = pareto_lines(files)
    front = [number for number, worse in files.dominated.items() if not worse]
    assert sorted(line.trial for line in lines) == sorted(front)
    dice = [line.quality for line in lines]
    assert dice == sorted(dice, reverse=True)
    assert [line.trial for line in lines if line.is_best] == [files.trials.best.number]
    assert lines[0].seconds == files.trials.best.metrics["seconds_per_scan"]


def test_the_drawing_names_both_axes_and_the_points_of_the_front(tmp_path):
    files = read_search(write_search(tmp_path))
    (chart,) = pareto_charts(files)
    assert {"validation Dice", "time per scan, s", "8", "12", "13"} <= set(texts(chart))
    assert chart.caption.startswith("3 trials, 3 of them beaten by none")


def test_where_there_is_no_room_for_all_numbers_the_best_keeps_its_own(tmp_path):
    trials = random_trials(60)
    for row in trials:
        if row["score"] is not None:
            row |= {"seconds_per_scan": row["val_dice"], "memory_gib": 0.3}
    files = read_search(write_search(tmp_path, trials=trials))
    (chart,) = pareto_charts(files)
    written = [text for text in texts(chart) if text.isdigit()]
    assert str(files.trials.best.number) in written
    assert 10 < len(written) < len(pareto_lines(files)) == 51


def test_times_of_many_orders_are_drawn_by_decades(tmp_path):
    trials = random_trials(4)
    for number, row in enumerate(trials):
        row["seconds_per_scan"] = 0.1 * 10**number
    (chart,) = pareto_charts(read_search(write_search(tmp_path, trials=trials)))
    assert {"time per scan, s, by decades", "0.1", "1", "10", "100"} <= set(texts(chart))


def test_without_measured_times_there_is_a_table_and_no_drawing(tmp_path):
    trials = [row | {"seconds_per_scan": None} for row in random_trials(3)]
    folder = write_search(tmp_path / "a", trials=random_trials(3))
    names = (folder / "trials.csv").read_text().splitlines()[0].split(",")
    write_csv(folder / "trials.csv", trials, names)
    files = read_search(folder)
    assert pareto_charts(files) == () and pareto_lines(files)
    assert "seconds_per_scan" in METRICS


def test_digits_are_judged_by_their_accuracy(tmp_path):
    folder = write_search(tmp_path, trials=random_trials(6))
    path = folder / "trials.csv"
    path.write_text(path.read_text().replace(",val_dice,", ",val_accuracy,", 1))
    files = read_search(folder)
    (chart,) = pareto_charts(files)
    assert quality(files) == "val_accuracy" and "validation accuracy" in texts(chart)
    assert chart.title == "Validation accuracy against time per scan"
    assert all(line.quality > 0.7 for line in pareto_lines(files))


def test_without_the_table_nothing_is_told(tmp_path):
    folder = write_search(tmp_path)
    (folder / "pareto.csv").unlink()
    files = read_search(folder)
    assert pareto_lines(files) == () and pareto_charts(files) == ()
