"""The page of a search as a reader meets it: by mouse, phone and paper."""

import pytest

from kseg.report import write_search_report
from tests.report.browser import LEAST_CONTRAST, opened
from tests.report.search.samples import (
    BASE,
    EVIL,
    SPACE,
    hyperband_trials,
    random_trials,
    write_search,
)

KEY = f"x.{EVIL}"
CHOICES = [f"long_name_{letter}" for letter in "abcd"]
COLUMN = """(name) => {
  const table = document.querySelector("table.trials");
  const headings = [...table.tHead.rows[0].cells];
  const index = headings.findIndex((cell) => cell.innerText.replace(/\\n/g, "").startsWith(name));
  return [...table.tBodies[0].rows].map((row) => row.cells[index].textContent.trim());
}"""
# Boxes of the texts of a drawing that lie over one another by more than a hair.
COVERED = """() => [...document.querySelectorAll("figure svg")].flatMap((drawing) => {
  const texts = [...drawing.querySelectorAll("text")].filter((text) => text.textContent.trim());
  const slanted = (text) => /rotate\\(-[1-8]/.test(text.getAttribute("transform") ?? "");
  const boxes = texts.filter((text) => !slanted(text)).map((text) => [text.textContent,
    text.getBoundingClientRect()]);
  return boxes.flatMap(([name, one], index) => boxes.slice(index + 1)
    .filter(([, two]) => one.left + 1 < two.right && two.left + 1 < one.right &&
      one.top + 3 < two.bottom && two.top + 3 < one.bottom)
    .map(([other]) => `${drawing.getAttribute("aria-label").slice(0, 30)}: ${name} / ${other}`));
})"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The page of a search of evil names, long choices and more settings than paper is wide."""
    many = {f"loss.weight_of_term_{number}": 0.5 for number in range(10)}
    added = {KEY: EVIL, "loss.name": CHOICES[0], **many}
    trials = [row | added for row in hyperband_trials()]
    trials[2]["reason"] = EVIL
    return write_search_report(
        write_search(
            tmp_path_factory.mktemp("search"),
            trials=trials,
            name=EVIL,
            data=EVIL,
            space={
                **SPACE,
                KEY: {"choice": [EVIL, "b"]},
                "loss.name": {"choice": CHOICES},
                **dict.fromkeys(many, {"float": [0, 1]}),
            },
            base=BASE | added,
            phantom=True,
        )
    )


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    """The page of a search of many trials, of which most are on the front."""
    trials = random_trials(60)
    for row in trials:
        if row["score"] is not None:
            row |= {"seconds_per_scan": row["val_dice"], "memory_gib": 0.3}
    folder = tmp_path_factory.mktemp("search")
    return write_search_report(write_search(folder, trials=trials))


@pytest.fixture
def seen(browser, file):
    with opened(browser, file) as window:
        yield window
        window.assert_quiet()


def test_evil_names_do_nothing_and_are_read_as_they_are(seen):
    assert seen.page.locator("script").count() == 1
    assert EVIL in seen.page.inner_text("h1")
    assert seen.page.locator("td.failed", has_text=EVIL).count() == 1
    assert seen.page.locator("table.settings th", has_text=KEY).count() == 1


def test_a_heading_sorts_numbers_as_numbers_and_blanks_stay_last(seen):
    page = seen.page
    page.locator("table.trials thead button", has_text="learning").click()
    rates = page.evaluate(COLUMN, "optimizer.learning_rate")
    assert [float(rate) for rate in rates] == sorted(float(rate) for rate in rates)
    assert len(rates) == 14
    assert page.inner_text("#trial-count").startswith("Sorted by optimizer.")
    page.locator("table.trials thead button", has_text="Score").click()
    scores = page.evaluate(COLUMN, "Score")
    assert scores[-2:] == ["–", "–"]
    numbers = [float(score) for score in scores[:-2]]
    assert numbers == sorted(numbers, reverse=True)


def test_the_pareto_table_sorts_on_its_own(seen):
    page = seen.page
    page.locator("table.pareto thead button", has_text="Time").click()
    cells = page.locator("table.pareto tbody td:nth-child(3)").all_inner_texts()
    assert cells == sorted(cells) and len(cells) == 3


def test_more_measures_come_and_go(seen):
    page = seen.page
    heading = page.locator("table.trials th", has_text="Dice of anterior")
    assert not heading.is_visible()
    page.locator("#show-all-measures").check()
    assert heading.is_visible()


@pytest.mark.parametrize("width", [360, 400])
def test_a_phone_scrolls_tables_but_not_the_page(browser, file, width):
    with opened(browser, file, viewport={"width": width, "height": 740}) as window:
        window.page.locator("#show-all-measures").check()
        assert window.page.evaluate("document.documentElement.scrollWidth") == width
        window.assert_quiet()


@pytest.mark.parametrize("width", [400, 1280])
def test_no_text_of_a_drawing_lies_over_another(browser, file, crowded, width):
    for page in (file, crowded):
        with opened(browser, page, viewport={"width": width, "height": 900}) as window:
            assert window.page.evaluate(COVERED) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(browser, file, scheme):
    with opened(browser, file, color_scheme=scheme) as window:
        window.page.locator("#show-all-measures").check()
        ratio, where = window.page.evaluate(LEAST_CONTRAST)
        assert ratio >= 4.5, where
        window.assert_quiet()


def test_paper_holds_every_column_of_the_trials_and_no_controls(seen):
    page = seen.page
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    # The inside of a sheet of A4 on its side, in CSS pixels.
    page.set_viewport_size({"width": 1024, "height": 700})
    page.emulate_media(media="print")
    table = page.locator("table.trials")
    assert table.evaluate("table => table.scrollWidth <= document.documentElement.clientWidth")
    assert not page.locator(".filters").first.is_visible()
    assert not page.locator("nav").is_visible()


def test_without_script_all_is_read(browser, file):
    with opened(browser, file, java_script_enabled=False) as window:
        assert window.page.locator("table.trials tbody tr:visible").count() == 14
        assert window.page.locator("button:visible").count() == 0
        window.assert_quiet()
