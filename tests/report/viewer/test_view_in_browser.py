"""The page of `kseg view` in a real browser; drawing is done by the processor."""

import threading
from contextlib import contextmanager

import numpy as np
import pytest

from kseg.report.viewer.server import ViewServer
from kseg.report.viewer.shown import read_shown
from tests.report.viewer.make import SHAPE_XYZ, blob, planted, speckle
from tests.volume.make import affine_of

NASTY = "<img src=x onerror=alert(1)>.nii.gz"
PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("viewed")
    scan = planted(folder / NASTY, speckle((*SHAPE_XYZ, 2)), affine_of("RAS"))
    mask = planted(folder / "mask.nii.gz", blob(), affine_of("RAS"))
    with ViewServer(read_shown([scan, mask])) as started:
        threading.Thread(target=started.serve_forever, args=(0.05,), daemon=True).start()
        yield started
        started.shutdown()


@contextmanager
def watched_page(browser, **options):
    """A page, with the problems it tells and the origins it asks."""
    page = browser.new_page(**options)
    page.problems, page.asked = [], []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: page.problems.append(dialog.message))
    page.on(
        "console",
        lambda told: page.problems.append(told.text) if told.type == "error" else None,
    )
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()


def test_the_page_shows_the_volumes_and_can_be_steered_by_keyboard(browser, server):
    with watched_page(browser, viewport={"width": 800, "height": 600}) as page:
        page.goto(server.address)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        assert page.inner_text("h1") == f"{NASTY}, channel 1, {NASTY}, channel 2, mask.nii.gz"
        assert page.locator("h1 *, #volumes img").count() == 0
        boxes = page.locator("#volumes input[type=checkbox]")
        assert [boxes.nth(index).is_checked() for index in range(3)] == [True, False, True]
        assert "Not a medical device" in page.inner_text("header")

        before = position_and_values(page)
        page.locator("#host canvas").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("PageUp")
        after = position_and_values(page)
        assert before[1][2] == 2, "the crosshair begins inside the mask"
        moved = np.subtract(after[0], before[0])
        np.testing.assert_allclose(np.abs(moved), (0.8, 0, 3.0), atol=0.11)
        for where, values in (before, after):
            assert values == values_at(where)

        page.select_option("#planes", "0")
        boxes.nth(0).focus()
        page.keyboard.press("Space")
        assert not boxes.nth(0).is_checked()
        assert page.problems == []
        origin = f"http://127.0.0.1:{server.server_port}/"
        assert {url for url in page.asked if not url.startswith(origin)} <= inline(page.asked)
        assert sum("/volume/" in url for url in page.asked) == 3


def inline(addresses):
    return {address for address in addresses if address.startswith(("data:", "blob:"))}


def position_and_values(page):
    parts = page.inner_text("#position").removesuffix(" mm").split(", ")
    signs = {"R": 1, "A": 1, "S": 1, "L": -1, "P": -1, "I": -1}
    where = tuple(float(part[:-2]) * signs[part[-1]] for part in parts)
    return where, tuple(float(page.inner_text(f"#value-{index}")) for index in range(3))


def values_at(where):
    """What stands in the files there, by their affine."""
    i, j, k = np.rint(np.linalg.solve(affine_of("RAS"), (*where, 1))[:3]).astype(int)
    scan = speckle((*SHAPE_XYZ, 2))
    return (scan[i, j, k, 0], scan[i, j, k, 1], blob()[i, j, k])


def test_a_phone_in_the_dark_sees_no_sideways_scrolling(browser, server):
    options = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
    with watched_page(browser, **options) as page:
        page.goto(server.address)
        page.wait_for_selector("body[data-ready]", timeout=PATIENCE_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(22, 24, 27)"
        assert page.problems == []


def test_without_webgl_a_sentence_says_so(browser, server):
    with watched_page(browser) as page:
        page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        page.goto(server.address)
        page.locator("#state", has_text="no WebGL 2").wait_for()
        assert page.locator("body[data-ready]").count() == 0
        assert page.problems == []
