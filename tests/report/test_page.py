import base64
import hashlib
import math
import re
from dataclasses import fields, is_dataclass, replace

import pytest

from kseg.evaluate.measures import MEASURES
from kseg.report import _rows as rows_module
from kseg.report import page as page_module
from kseg.report.content import FoldLine, PageContent, ViewerScan
from kseg.report.page import PHANTOM, RESEARCH, render
from tests.report.samples import EVIL, EVIL_IMAGE, rich_content
from tests.report.tree import Tree

SECTIONS = (
    "facts", "warnings", "summary", "folds", "charts", "pictures", "cases", "classes", "comparison",
    "method", "recipe", "environment",
)  # fmt: skip
EMPTY = PageContent("A run", "Nothing was judged.", phantom=False)


@pytest.fixture(scope="module")
def html():
    return render(rich_content())


@pytest.fixture(scope="module")
def tree(html):
    return Tree(html)


def with_every_text(part, text, name=""):
    """Replace every text of the content but our own drawings."""
    if isinstance(part, str):
        return part if name == "svg" or not part else text + part
    if isinstance(part, tuple):
        return tuple(with_every_text(entry, text, name) for entry in part)
    if name == "tolerance_mm":
        return {text + key: value for key, value in part.items()}
    if is_dataclass(part):
        changed = {
            entry.name: with_every_text(getattr(part, entry.name), text, entry.name)
            for entry in fields(part)
        }
        return replace(part, **changed)
    return part


@pytest.mark.parametrize(
    "evil", [EVIL, EVIL_IMAGE, "' onfocus=alert(1) x='", "</style><b>", "{{1}}"]
)
def test_no_text_anywhere_changes_the_structure_of_the_page(evil):
    content = rich_content(cases=5, evil=False)
    shapes = [
        [(node.tag, tuple(node.attributes)) for node in Tree(render(changed)).nodes]
        for changed in (with_every_text(content, "harmless"), with_every_text(content, evil))
    ]
    assert shapes[0] == shapes[1]


def test_an_evil_case_id_is_read_as_it_is(tree):
    cells = [node.text for node in tree.all("th", "td")]
    assert EVIL in cells
    assert EVIL_IMAGE in cells


def test_no_address_stands_in_the_file(html, tree):
    assert not re.findall(r"http(?!-equiv)", html.replace("https&#58;//example", ""))
    assert "://" not in html
    assert "https://example.org/weights" in {node.text for node in tree.all("code")}
    for node in tree.nodes:
        for name in ("src", "href"):
            assert node.attributes.get(name, "#")[:1] == "#" or node.attributes[name].startswith(
                "data:"
            )


def test_the_policy_allows_the_scripts_of_the_page_and_no_other(tree):
    policy = next(
        node.attributes["content"]
        for node in tree.all("meta")
        if node.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    digest = hashlib.sha256("".join(tree.all("script")[0].pieces).encode()).digest()
    assert len(tree.all("script")) == 1
    assert rules["script-src"] == f"'sha256-{base64.b64encode(digest).decode()}' blob:"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"


def test_the_policy_covers_a_viewer_and_passes_over_its_data(monkeypatch):
    from markupsafe import Markup

    class Parts:
        data_html = Markup('<script type="application/octet-stream" id="d">AAAA</script>')
        script_html = Markup("<script>start()</script>")

    monkeypatch.setattr(page_module, "_viewer_parts", lambda content: Parts)
    content = rich_content(cases=3, evil=False)
    shown = replace(content.pictures[1], viewer=ViewerScan(None, b"", b"", "half the voxels"))
    content = replace(content, pictures=(content.pictures[0], shown))
    tree = Tree(render(content))
    digests = re.findall(r"'sha256-([^']+)'", tree.all("meta")[1].attributes["content"])
    assert len(digests) == 2
    assert base64.b64encode(hashlib.sha256(b"start()").digest()).decode() in digests
    buttons = [n.attributes.get("data-viewer-case") for n in tree.all("button")]
    assert [number for number in buttons if number] == ["1"]
    assert tree.ids().count("viewer") == 1


def test_every_section_is_there_in_the_order_of_reading(tree):
    assert tuple(node.attributes["id"] for node in tree.all("section")) == SECTIONS
    links = [node.attributes["href"] for node in tree.all("a") if "nav" in node.inside]
    assert links == [f"#{name}" for name in SECTIONS]


def test_what_is_not_in_the_content_is_not_on_the_page():
    tree = Tree(render(EMPTY))
    assert not tree.all("section", "table", "nav", "figure")
    assert RESEARCH in [node.text for node in tree.all("p")]


def test_headings_never_skip_a_level_and_begin_with_the_only_title(tree):
    levels = [int(node.tag[1]) for node in tree.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_every_table_has_a_caption_and_every_heading_a_scope(tree):
    assert len(tree.all("table")) == len(tree.all("caption")) == 8
    assert all(node.text for node in tree.all("caption"))
    assert {node.attributes.get("scope") for node in tree.all("th")} == {"col", "row", "rowgroup"}


def test_ids_are_unique_and_every_reference_finds_its_target(tree):
    ids = tree.ids()
    assert len(ids) == len(set(ids))
    assert not tree.unclosed
    for node in tree.nodes:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert node.attributes.get(name, ids[0]) in ids
        if node.tag == "a":
            assert node.attributes["href"][1:] in ids


def test_a_phantom_is_said_in_the_title_the_heading_the_banner_the_foot_and_on_paper(html, tree):
    assert tree.all("title")[0].text.startswith("PHANTOM · ")
    assert tree.all("h1")[0].text.startswith("Phantom ")
    assert [node.text for node in tree.all("strong")].count(PHANTOM) == 2
    assert '@top-center { content: "PHANTOM: synthetic scans' in html


def test_patients_are_not_called_a_phantom():
    text = render(rich_content(cases=3, phantom=False))
    assert PHANTOM not in text
    assert "PHANTOM" not in text


def test_the_table_of_cases_begins_with_the_worst_and_ends_with_the_blank(tree):
    rows = [node for node in tree.all("tr") if "data-label" in node.attributes]
    assert rows[0].text.startswith("case_002person_001right kidney")
    assert "∞" in rows[0].text
    assert rows[-1].text.count("–") >= 6
    values = [node.attributes["data-v"] for node in tree.all("td") if "data-v" in node.attributes]
    dice = values[:: len(values) // len(rows)]
    assert dice[-1] == ""
    assert [float(value) for value in dice[:-1]] == sorted(float(value) for value in dice[:-1])


def test_a_summary_shows_means_intervals_and_infinite_ones():
    content = rich_content(cases=6, evil=False)
    liver = content.summary.labels[0]
    measured = replace(
        liver.measures["nsd"], mean=0.91249, low=0.8804, high=0.93, median=math.nan, cases=5
    )
    changed = replace(liver, measures={**liver.measures, "nsd": measured})
    summary = replace(content.summary, labels=(changed, *content.summary.labels[1:]))
    tree = Tree(render(replace(content, summary=summary)))
    cells = [node.text for node in tree.all("td")]
    assert "0.912 0.880 to 0.930 of 5 cases" in cells
    kidney = content.summary.labels[1].measures["hd95_mm"]
    assert any(f"{kidney.mean:.2f}" in cell and "∞ in 1 case" in cell for cell in cells)


def folds_table(content):
    """Return the text of each cell of the table of folds, row by row."""
    html = render(content).partition('<table class="folds">')[2].partition("</table>")[0]
    rows = [Tree(row.partition("</tr>")[0]) for row in html.split("<tr>")[1:]]
    return [[node.text for node in row.all("th", "td")] for row in rows]


def test_the_table_of_folds_ends_with_their_mean_and_deviation():
    content = rich_content(evil=False)
    content = replace(content, folds=content.folds[:2])
    heading, first, second, mean, deviation = folds_table(content)
    assert heading[:4] == ["Fold", "Cases", "Mean Dice", "liver"] and len(heading) == 8
    assert first == ["0", "10", "0.912", "0.930", "0.910", "0.896", "1,200", "14.9"]
    assert second[4] == "–"
    # By hand: (0.912 + 0.842) / 2 and 0.07 / √2; where a fold has no value there is none.
    assert mean[2:6] == ["0.877", "0.915", "–", "0.840"]
    assert deviation[2:6] == ["0.049", "0.021", "–", "0.079"]


def test_a_fold_that_failed_says_why_and_leaves_no_mean_over_the_others():
    content = rich_content(evil=False)
    *_, failed = table = folds_table(content)
    assert failed == ["3", "4", "failed: it does not fit into memory"] and len(table) == 4


def test_many_labels_have_no_columns_of_their_own():
    content = rich_content(evil=False)
    many = tuple(f"organ {number}" for number in range(13))
    folds = tuple(FoldLine(number, 5, 0.5, (0.5,) * 13, 9, 1.0) for number in range(2))
    table = folds_table(replace(content, labels=many, folds=folds))
    assert [len(row) for row in table] == [5] * 5 and table[3][2] == "0.500"


def test_measures_without_any_value_are_left_out():
    content = rich_content(cases=3, evil=False)
    assert "Lesion F1" not in Tree(render(content)).all("main")[0].text
    scores = tuple(replace(score, lesion_f1=0.5) for score in content.scores)
    assert "Lesion F1" in Tree(render(replace(content, scores=scores))).all("main")[0].text


def test_each_shown_measure_tells_its_meaning_and_its_rule(tree):
    rows = [node.text for node in tree.all("tr")]
    for entry in MEASURES[:11]:
        row = next(text for text in rows if entry.meaning in text)
        assert row.startswith(entry.title)
        assert row.endswith(f"{entry.nothing_true} {entry.nothing_predicted}")
    rules = [node.text for node in tree.all("li")]
    assert "NSD tolerance of spleen: 1.00 mm." in rules


def test_one_tolerance_for_all_is_said_once():
    content = replace(rich_content(cases=3), tolerance_mm={"liver": 2.0, "spleen": 2.0})
    rules = [node.text for node in Tree(render(content)).all("li")]
    assert [rule for rule in rules if rule.startswith("NSD tol")] == ["NSD tolerance: 2.00 mm."]


def test_the_same_content_gives_the_same_page(html):
    assert render(rich_content()) == html


def test_a_table_too_long_for_a_page_shows_the_worst_rows_and_names_the_file_of_all(monkeypatch):
    content = rich_content()
    monkeypatch.setattr(rows_module, "MOST_ROWS", 5)
    text = render(content)
    assert f"The {len(content.scores) - 5} best rows are not shown" in text
    assert text.count("<tr data-label=") == 5
    worst = min(content.scores, key=lambda score: (math.isnan(score.dice), score.dice))
    assert worst.case in text.partition("<tr data-label=")[2].partition("</tr>")[0]
