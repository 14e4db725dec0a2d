import math
from dataclasses import fields, is_dataclass, replace

import pytest

from kseg.report.page import PHANTOM, RESEARCH
from kseg.report.search.files import read_search
from kseg.report.search.gather import search_content
from kseg.report.search.page import render_search
from tests.report.samples import EVIL, EVIL_IMAGE
from tests.report.search.samples import OOM, random_trials, write_search
from tests.report.tree import Tree

SECTIONS = (
    "facts", "warnings", "winner", "curves", "importance", "values", "pareto", "trials",
    "unreached",
)  # fmt: skip


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    return search_content(read_search(write_search(tmp_path_factory.mktemp("search"))))


@pytest.fixture(scope="module")
def html(content):
    return render_search(content)


@pytest.fixture(scope="module")
def tree(html):
    return Tree(html)


def with_every_text(part, text, name=""):
    """Replace every text of the content but our own drawings, and what the script reads."""
    if isinstance(part, str):
        return part if name in ("svg", "first_order", "score_order") or not part else text + part
    if isinstance(part, tuple):
        return tuple(with_every_text(entry, text, name) for entry in part)
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
def test_no_text_anywhere_changes_the_structure_of_the_page(content, evil):
    shapes = [
        [(node.tag, tuple(node.attributes)) for node in Tree(render_search(changed)).nodes]
        for changed in (with_every_text(content, "harmless"), with_every_text(content, evil))
    ]
    assert shapes[0] == shapes[1]


def test_every_section_is_there_in_the_order_of_reading(tree):
    assert tuple(node.attributes["id"] for node in tree.all("section")) == SECTIONS
    links = [node.attributes["href"] for node in tree.all("a") if "nav" in node.inside]
    assert links == [f"#{name}" for name in SECTIONS]


def test_no_address_stands_in_the_file(html, tree):
    assert "://" not in html
    for node in tree.nodes:
        for name in ("src", "href"):
            assert node.attributes.get(name, "#")[:1] == "#" or node.attributes[name] == "data:,"


def test_ids_are_unique_and_every_reference_finds_its_target(tree):
    ids = tree.ids()
    assert len(ids) == len(set(ids))
    assert not tree.unclosed
    for node in tree.nodes:
        for name in ("aria-labelledby", "aria-describedby", "for", "data-count"):
            assert node.attributes.get(name, ids[0]) in ids
        if node.tag in ("a", "use"):
            assert node.attributes["href"][1:] in ids


def test_every_table_has_a_caption_and_every_heading_a_scope(tree):
    assert len(tree.all("table")) == len(tree.all("caption")) == 4
    assert {node.attributes.get("scope") for node in tree.all("th")} == {"col", "row"}


def test_headings_never_skip_a_level(tree):
    levels = [int(node.tag[1]) for node in tree.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_the_command_of_the_winner_stands_alone_to_be_copied(tree):
    assert [node.text for node in tree.all("pre")] == ["kseg fit best.yaml"]


def test_trials_that_were_trained_otherwise_than_the_recipe_are_told_of(content):
    told = replace(content, winner=replace(content.winner, trial_keys="fit.budget 3m"))
    pages = [" ".join(render_search(each).split()) for each in (told, content)]
    words = ["The trials took fit.budget 3m instead" in page for page in pages]
    assert words == [True, False]


def test_the_winners_values_that_differ_are_marked(tree):
    marked = [node.text for node in tree.all("code") if node.attributes.get("class") == "differs"]
    assert marked == ["0.00670741", "false", "0.665657"]


def test_every_trial_has_its_row_and_a_failed_one_its_reason(tree):
    rows = {
        node.attributes["id"]: node.text
        for node in tree.all("tr")
        if node.attributes.get("id", "").startswith("trial-")
    }
    assert list(rows)[0] == "trial-8" and len(rows) == 14
    assert OOM in rows["trial-2"] and rows["trial-8"].startswith("8 bestgoes on with 6")


def test_importance_is_drawn_as_bars_and_its_caveat_is_said(tree, html):
    bars = [n for n in tree.all("rect") if n.attributes.get("class") == "part"]
    assert [float(bar.attributes["width"]) for bar in bars][:3] == [61.0, 33.0, 30.0]
    section = next(n for n in tree.all("section") if n.attributes["id"] == "importance")
    assert "not what causes what" in section.text and "few trials" in section.text


def test_an_importance_out_of_bounds_or_unknown_breaks_no_bar(content):
    lines = [replace(content.importance[0], importance=value) for value in (2.0, -1.0, math.nan)]
    tree = Tree(render_search(replace(content, importance=tuple(lines))))
    bars = [n for n in tree.all("rect") if n.attributes.get("class") == "part"]
    assert [float(bar.attributes["width"]) for bar in bars] == [100.0, 0.0]


def test_what_is_not_in_the_content_is_not_on_the_page(tmp_path):
    folder = write_search(tmp_path, trials=[])
    for name in ("importance.csv", "pareto.csv", "trials.csv"):
        (folder / name).unlink()
    tree = Tree(render_search(search_content(read_search(folder))))
    ids = [node.attributes["id"] for node in tree.all("section")]
    assert ids == ["facts", "warnings", "winner", "unreached"]
    assert not tree.all("figure", "pre")
    assert RESEARCH in [node.text for node in tree.all("p")]


def test_a_single_trial_makes_a_whole_page(tmp_path):
    folder = write_search(tmp_path, trials=random_trials(1))
    tree = Tree(render_search(search_content(read_search(folder))))
    assert tuple(node.attributes["id"] for node in tree.all("section")) == SECTIONS


def test_a_phantom_is_said_in_the_title_the_heading_the_banner_and_the_foot(content):
    tree = Tree(render_search(replace(content, phantom=True)))
    assert tree.all("title")[0].text.startswith("PHANTOM · ")
    assert [node.text for node in tree.all("strong")].count(PHANTOM) == 2
    assert "PHANTOM" not in render_search(content)
