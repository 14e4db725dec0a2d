import math

from kseg.evaluate import LabelScore, compare
from kseg.report.comparison_lines import comparison_columns, comparison_lines


def scores(dice, hd95=2.0, cases=9):
    return [
        LabelScore(f"c{n}", f"p{n}", "liver", dice=dice + n / 1000, hd95_mm=hd95)
        for n in range(cases)
    ]


def lines(first, second, measures):
    found = compare(first, second, names=("A", "B"), measures=measures)
    columns = comparison_columns(found)
    rows = comparison_lines(found)
    assert all(len(row.cells) == len(columns) for row in rows)
    return [dict(zip(columns, row.cells), measure=row.measure, label=row.label) for row in rows]


def test_each_label_and_the_mean_over_labels_has_a_line():
    rows = lines(scores(0.9), scores(0.8), ["dice"])
    assert [row["label"] for row in rows] == ["liver", "mean over labels"]
    assert (rows[0]["A"], rows[0]["B"], rows[0]["Difference"]) == ("0.904", "0.804", "0.100")
    assert (rows[0]["Better / worse / equal"], rows[0]["Better is"]) == ("9 / 0 / 0", "A")


def test_a_worse_first_has_a_minus_sign_and_mm_two_digits():
    rows = lines(scores(0.9, 2.0), scores(0.9, 1.5), ["hd95_mm"])
    assert rows[0]["measure"] == "HD95 (mm)"
    assert (rows[0]["A"], rows[0]["Difference"]) == ("2.00", "0.50")
    rows = lines(scores(0.8), scores(0.9), ["dice"])
    assert rows[0]["Difference"] == "−0.100" and rows[0]["Better is"] == "B"


def test_equal_predictions_show_no_minus_zero_and_no_winner():
    rows = lines(scores(0.9), scores(0.9), ["dice"])
    assert (rows[0]["Difference"], rows[0]["p"], rows[0]["Better is"]) == ("0.000", "1.000", "–")


def test_few_cases_leave_p_and_interval_blank():
    rows = lines(scores(0.9, cases=3), scores(0.8, cases=3), ["dice"])
    assert (rows[0]["p"], rows[0]["95 % interval"]) == ("–", "–")


def test_infinite_means_are_blank_and_many_equal_differences_are_below_a_thousandth():
    rows = lines(scores(0.9, math.inf), scores(0.9, 1.0), ["hd95_mm"])
    assert rows[0]["A"] == "–"
    rows = lines(scores(0.9, cases=40), scores(0.8, cases=40), ["dice"])
    assert rows[0]["p"] == "< 0.001"
