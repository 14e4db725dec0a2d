import math
import re
from functools import cache
from xml.etree import ElementTree

import pandas as pd

from kseg.evaluate import LabelScore
from kseg.report.charts import history_charts, score_charts

NASTY = "<script>alert(1)</script>"
AWKWARD = ["_hidden", "a $x^2$ b", "left & right", "a_b", NASTY]


def history(epochs, labels=("liver",), every=10, first_rate=1e-2):
    rows = []
    for epoch in range(1, epochs + 1):
        row = {
            "epoch": epoch,
            "step": 10 * epoch,
            "loss": 1.5 * math.exp(-epoch / 50),
            "patch_dice": 1 - math.exp(-epoch / 50),
            "learning_rate": first_rate * (1 - epoch / (epochs + 1)) ** 0.9,
            "val_dice": None,
            "data": "phantom",
        }
        if epoch % every == 0:
            row["val_dice"] = 1 - math.exp(-epoch / 70)
            row |= {f"val_dice_{label}": row["val_dice"] for label in labels}
        rows.append(row)
    return rows


def scores(count, labels=("liver",), dice=lambda n: 0.8 + 0.001 * n):
    return [
        LabelScore(f"case_{n}", f"s{n}", label, dice=dice(n))
        for n in range(count)
        for label in labels
    ]


@cache
def all_charts():
    labels = ["liver", *AWKWARD]
    return [*history_charts(history(300, labels)), *score_charts(scores(20, labels), labels)]


def texts(chart):
    return [node.text for node in ElementTree.fromstring(chart.svg).iter("text")]


def test_a_run_gives_loss_validation_and_learning_rate():
    titles = [chart.title for chart in history_charts(history(30))]
    assert titles == ["Loss", "Validation", "Learning rate"]


def test_a_table_of_pandas_gives_the_same_drawings_as_its_rows():
    rows = history(30)
    assert history_charts(pd.DataFrame(rows)) == history_charts(rows)


def test_drawings_are_the_same_every_time():
    assert all_charts() == all_charts.__wrapped__()


def test_a_drawing_names_no_address_and_styles_nothing_outside_itself():
    for chart in all_charts():
        for forbidden in (
            "http",
            "xmlns",
            "<style",
            "<metadata",
            "<?xml",
            "<!",
            "DejaVu",
            'href="h',
        ):
            assert forbidden not in chart.svg
        assert chart.svg.startswith("<svg viewBox=") and chart.svg.endswith("</svg>")


def test_lines_and_text_take_the_colour_of_the_page():
    for chart in all_charts():
        root = ElementTree.fromstring(chart.svg)
        assert all("currentColor" in node.get("style") for node in root.iter("text"))
        assert "#010203" not in chart.svg
        assert "#ffffff" not in chart.svg and "#000000" not in chart.svg


def test_ids_are_unique_over_the_page_and_every_reference_leads_somewhere():
    page = "".join(chart.svg for chart in all_charts())
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(ids)) == len(ids) > 0
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', page)) == set(ids)


def test_names_are_shown_as_they_are_and_never_as_markup():
    for chart in (
        history_charts(history(20, AWKWARD))[1],
        *score_charts(scores(9, AWKWARD), AWKWARD),
    ):
        assert set(AWKWARD) <= set(texts(chart))
        assert "<script" not in chart.svg
        assert ElementTree.fromstring(chart.svg).get("aria-label").startswith(chart.title)


def test_names_of_strange_signs_are_drawn():
    names = ["\x00\x1b", "a\nb", "肝臓", "x" * 300, "\ud800", "_"]
    charts = [history_charts(history(20, names))[1], *score_charts(scores(3, names), names)]
    for chart in charts:
        assert {"\ufffd\ufffd", "a b", "肝臓", "x" * 27 + "…", "\ufffd", "_"} <= set(texts(chart))


def test_gaps_are_left_out_of_the_curves():
    rows = history(40)
    rows[4]["loss"] = math.nan
    charts = history_charts(rows)
    chart = charts[1]
    assert "4 times during training" in chart.caption
    assert "0.435 at the end, highest 0.435 in epoch 40" in chart.caption
    assert "nan" not in "".join(chart.svg for chart in charts).lower()


def test_one_epoch_and_none_are_no_trouble():
    charts = history_charts(history(1))
    assert [chart.title for chart in charts] == ["Loss", "Learning rate"]
    assert "in 1 epoch," in charts[0].caption
    assert history_charts([]) == ()
    assert history_charts(pd.DataFrame()) == ()


def test_the_learning_rate_has_a_scale_of_decades_only_where_it_spans_them():
    assert "a scale of decades" in all_charts()[2].caption
    assert "a scale of decades" not in history_charts(history(4))[1].caption


def test_cases_without_dice_are_not_counted():
    known = scores(3)
    unknown = [LabelScore("case_9", "", "liver"), LabelScore("case_9", "", "spleen")]
    chart = score_charts([*known, *unknown], ["liver", "spleen"])[0]
    assert chart.caption == "Each point is a case. Median Dice: liver 0.801 (3 cases)."
    assert score_charts(unknown, ["liver", "spleen"]) == ()


def test_many_cases_are_shown_as_boxes_alone():
    chart = score_charts(scores(2000), ["liver"])[0]
    assert "Each point" not in chart.caption and "boxes" in chart.caption
    assert len(chart.svg) < 20_000


def test_the_drawings_of_a_page_are_small():
    assert sum(len(chart.svg) for chart in all_charts()) < 120_000
