"""The viewer in a page, in a real browser without any network; the processor does the drawing."""

import base64
import hashlib
import io
import re

import numpy as np
import pytest
from PIL import Image

from kseg.report.shrink import viewer_scan
from kseg.report.viewer.embed import viewer_parts
from tests.report.browser import opened

SHAPE = (16, 20, 24)
PATIENCE_MS = 60_000
POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src {scripts} "
    "blob:; connect-src data: blob:; worker-src blob:; font-src data:"
)
WINDOW = {"width": 620, "height": 420}
BLUE, ORANGE = "blue", "orange"


def ball(x):
    z, y, x_index = np.indices(SHAPE)
    return ((z - 8) ** 2 + (y - 10) ** 2 + (x_index - x) ** 2 < 25).astype(np.uint8)


def page_of(folder, scans):
    parts = viewer_parts(scans)
    texts = re.findall(r"<script>(.*?)</script>", str(parts.script_html), re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in texts)
    policy = POLICY.format(scripts=" ".join(f"'sha256-{digest.decode()}'" for digest in digests))
    buttons = "".join(
        f'<h3 id="t{key}">case {key}</h3>'
        f'<button type="button" data-viewer-case="{key}" aria-describedby="t{key}">Open</button>'
        for key in (*scans, "missing")
    )
    file = folder / "page.html"
    file.write_text(
        f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'{buttons}<div id="viewer" hidden></div>{parts.data_html}{parts.script_html}'
    )
    return file


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    grey = np.linspace(0, 100, np.prod(SHAPE)).reshape(SHAPE).astype(np.float32)
    affine = np.diag([1.0, 1, 1, 1])
    scans = {
        "0": viewer_scan(grey, ball(7), ball(16), affine),
        "1": viewer_scan(None, ball(12), np.zeros(SHAPE, np.uint8), affine),
    }
    return page_of(tmp_path_factory.mktemp("embed"), scans)


def open_case(page, key):
    page.click(f"[data-viewer-case='{key}']")
    page.wait_for_selector("dialog[data-ready]", timeout=PATIENCE_MS)


def settled(page):
    """The picture after the browser has drawn twice."""
    page.evaluate("new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")
    shot = page.locator("dialog canvas").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def share_of(pixels, colour):
    red, _, blue = np.moveaxis(pixels, 2, 0)
    return np.mean((blue - red if colour == BLUE else red - blue) > 60)


def middle_column(pixels, colour):
    red, _, blue = np.moveaxis(pixels, 2, 0)
    return np.nonzero((blue - red if colour == BLUE else red - blue) > 60)[1].mean()


def test_a_case_opens_is_steered_and_closes_by_keyboard(browser, page_file):
    with opened(browser, page_file, viewport=WINDOW) as seen:
        page = seen.page
        page.focus("[data-viewer-case='0']")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog[data-ready]", timeout=PATIENCE_MS)
        assert page.inner_text("dialog h2") == "case 0"
        names = page.locator("dialog label:has(+ input[type=range])").all_inner_texts()
        assert names == ["Scan", "Truth", "Prediction"]
        page.select_option("dialog select", "0")
        pixels = settled(page)
        assert pixels.std() > 20
        assert share_of(pixels, BLUE) > 0.01 and share_of(pixels, ORANGE) > 0.01
        # The prediction lies further to the patient's right, which is on the left of the picture.
        assert middle_column(pixels, ORANGE) < middle_column(pixels, BLUE)

        page.uncheck("text=Truth")
        assert share_of(settled(page), BLUE) == 0
        page.check("text=Outlines only")
        outlined = settled(page)
        assert share_of(outlined, BLUE) == 0
        assert 0 < share_of(outlined, ORANGE) < 0.8 * share_of(pixels, ORANGE)
        page.get_by_label("Opacity of Prediction").focus()
        page.keyboard.press("Home")
        assert share_of(settled(page), ORANGE) == 0

        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        assert page.evaluate("document.activeElement.dataset.viewerCase") == "0"
        assert page.get_attribute("#viewer", "hidden") is not None
        seen.assert_quiet()


def test_a_case_without_scan_and_with_an_empty_prediction_opens_after_another(browser, page_file):
    with opened(browser, page_file, viewport=WINDOW) as seen:
        page = seen.page
        open_case(page, "0")
        page.click("text=Close")
        page.wait_for_selector("dialog", state="detached")
        open_case(page, "1")
        assert page.locator("dialog input[type=range]").count() == 2
        assert share_of(settled(page), BLUE) > 0.01
        before = settled(page)
        page.locator("dialog canvas").focus()
        for _ in range(6):
            page.keyboard.press("PageUp")
        assert (settled(page) != before).any()
        for view in ("1", "2", "4", "3"):
            page.select_option("dialog select", view)
            assert settled(page).std() > 1
        seen.assert_quiet()


def test_a_button_without_volumes_cannot_be_pressed(browser, page_file):
    with opened(browser, page_file) as seen:
        assert seen.page.is_disabled("[data-viewer-case='missing']")
        assert seen.page.is_enabled("[data-viewer-case='0']")


def test_without_webgl_a_sentence_says_so(browser, page_file):
    with opened(browser, page_file, viewport=WINDOW) as seen:
        seen.page.evaluate("HTMLCanvasElement.prototype.getContext = () => null")
        seen.page.click("[data-viewer-case='0']")
        seen.page.wait_for_selector("text=This browser has no WebGL 2", timeout=PATIENCE_MS)
        seen.page.keyboard.press("Escape")
        seen.page.wait_for_selector("dialog", state="detached")
        seen.assert_quiet()
