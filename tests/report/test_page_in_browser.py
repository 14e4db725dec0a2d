"""The page as a reader meets it: in a browser, by mouse, keyboard, phone and paper."""

import math
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from kseg.report.content import ViewerScan
from kseg.report.page import render
from tests.report.browser import LEAST_CONTRAST, opened
from tests.report.samples import EVIL, rich_content

COLUMN = """(name) => {
  const table = document.querySelector("table.cases");
  const headings = [...table.tHead.rows[0].cells];
  const index = headings.findIndex((cell) => cell.innerText.startsWith(name));
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  return rows.map((row) => row.cells[index].textContent);
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(render(rich_content()), encoding="utf-8")
    return path


@pytest.fixture
def seen(browser, file):
    with opened(browser, file) as window:
        yield window
        window.assert_quiet()


def dice(page):
    texts = page.evaluate(COLUMN, "Dice")
    return [math.nan if text == "–" else float(text) for text in texts]


def is_shown(page, selector):
    return page.locator(selector).first.is_visible()


def test_an_evil_case_id_does_nothing(seen):
    page = seen.page
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    assert page.locator("table.cases th a", has_text=EVIL).count() == 3
    page.locator("[name=text]").fill("alert")
    assert len(dice(page)) == 3


def test_a_click_sorts_and_a_second_click_turns_it_round(seen):
    page = seen.page
    heading = page.locator("table.cases th", has_text="HD95")
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert page.locator("table.cases th[aria-sort]").count() == 1
    distances = page.evaluate(COLUMN, "HD95")
    assert distances[0] == "∞"
    assert distances[-1] == "–"
    numbers = [float(text) for text in distances[1:-1]]
    assert numbers == sorted(numbers, reverse=True)
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert page.evaluate(COLUMN, "HD95")[-2:] == ["∞", "–"]
    assert "Sorted by HD95 mm, ascending. 60 of 60 rows shown." in page.inner_text("#case-count")


def test_the_keyboard_sorts_by_the_name_of_the_case(seen):
    page = seen.page
    page.locator("table.cases thead button").first.focus()
    page.keyboard.press("Enter")
    cases = page.evaluate(COLUMN, "Case")
    assert cases == sorted(cases)
    page.keyboard.press("Enter")
    assert page.evaluate(COLUMN, "Case") == sorted(cases, reverse=True)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.evaluate(COLUMN, "Subject")[-1] == "person_009"


def test_filters_leave_what_fits_and_say_how_many(seen):
    page = seen.page
    page.locator("[name=label]").select_option("spleen")
    assert set(page.evaluate(COLUMN, "Label")) == {"spleen"}
    page.locator("[name=below]").fill("0.95")
    assert dice(page)
    assert all(value < 0.95 for value in dice(page))
    page.locator("[name=text]").fill("CASE_01")
    cases = page.evaluate(COLUMN, "Case")
    assert all(case.startswith("case_01") for case in cases)
    assert page.inner_text("#case-count") == f"{len(cases)} of 60 rows shown."
    page.get_by_role("button", name="Clear").click()
    page.locator("#case-count", has_text="60 of 60 rows shown.").wait_for()


def test_outlines_columns_and_recipe_lines_come_and_go(seen):
    page = seen.page
    for box, hidden, still in (
        ("#show-predicted", ".planes .predicted", ".planes .truth"),
        ("#show-truth", ".planes .truth", ".planes .predicted"),
        ("#show-label-2", ".planes .label-2", ".planes .label-1"),
    ):
        page.locator(box).uncheck()
        assert not is_shown(page, hidden)
        assert is_shown(page, still)
        page.locator(box).check()
        assert is_shown(page, hidden)
    assert not is_shown(page, "td.more")
    page.locator("#show-all-measures").check()
    assert is_shown(page, "td.more")
    page.locator("details.recipe summary").click()
    page.locator("#show-changed-only").check()
    assert page.locator("table.recipe tbody tr:visible").count() == 2


def test_the_first_tab_stop_leads_past_the_contents(seen):
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.className") == "skip"
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "main"


def test_a_phone_scrolls_tables_but_not_the_page(browser, file):
    with opened(browser, file, viewport={"width": 360, "height": 740}) as window:
        page = window.page
        page.locator("#show-all-measures").check()
        page.evaluate("document.querySelectorAll('details').forEach((part) => part.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        widths = page.locator(".wide").evaluate_all("boxes => boxes.map((box) => box.scrollWidth)")
        assert max(widths) > 360
        window.assert_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(browser, file, scheme):
    with opened(browser, file, color_scheme=scheme) as window:
        ratio, where = window.page.evaluate(LEAST_CONTRAST)
        assert ratio >= 4.5, where
        ground = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
        other = "dark" if scheme == "light" else "light"
        window.page.locator(f"#scheme-{other}").check()
        assert window.page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
        assert window.page.evaluate(LEAST_CONTRAST)[0] >= 4.5
        window.assert_quiet()


def test_paper_holds_the_folded_parts_and_no_controls(seen):
    page = seen.page
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for control in (".filters", "nav", ".scheme", ".legend input"):
        assert not is_shown(page, control)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert is_shown(page, "table.recipe")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_without_script_all_is_read_and_nothing_idle_is_shown(browser, file):
    with opened(browser, file, java_script_enabled=False) as window:
        page = window.page
        assert page.locator("table.cases tbody tr:visible").count() == 60
        assert page.locator("table.cases th[aria-sort=ascending]").inner_text() == "Dice"
        assert page.locator("button:visible, [name=text]:visible").count() == 0
        page.locator("#show-truth").uncheck()
        assert not is_shown(page, ".planes .truth")
        page.locator("details.recipe summary").click()
        assert is_shown(page, "table.recipe")
        window.assert_quiet()


def test_the_policy_of_the_page_lets_the_viewer_run(browser, tmp_path):
    mask = np.zeros((12, 12, 12), np.uint8)
    mask[3:8, 3:8, 3:8] = 1
    scan, truth = (
        nibabel.Nifti1Image(voxels, np.eye(4)).to_bytes() for voxels in (20 * mask, mask)
    )
    content = rich_content(cases=3)
    shown = replace(content.pictures[0], viewer=ViewerScan(scan, truth, truth, "Every voxel."))
    file = tmp_path / "report.html"
    file.write_text(render(replace(content, pictures=(shown,))), encoding="utf-8")
    with opened(browser, file) as window:
        assert not is_shown(window.page, "#viewer")
        window.page.locator("[data-viewer-case]").click()
        window.page.locator("#viewer dialog[data-ready] canvas").first.wait_for()
        assert EVIL not in window.page.inner_html("#viewer")
        window.assert_quiet()
