"""A real browser for tests of pages: started once, cut off from any network."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
# What a page may ask for without leaving the machine.
LOCAL = {"file", "data", "blob"}
# The ratio of WCAG 2 of every text to the nearest ground that is painted behind it.
LEAST_CONTRAST = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [red, green, blue] = rgba(colour).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (rgba(colour)[3] === 255) return colour;
    }
    return "white";
  };
  let least = [Infinity, ""];
  for (const element of document.querySelectorAll("body *:not(svg, svg *)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const pair = [getComputedStyle(element).color, behind(element)].map(light);
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < least[0]) least = [ratio, element.outerHTML.slice(0, 90)];
  }
  return least;
}"""


@dataclass
class Opened:
    """A page in the browser, and all that it did that a report must not do."""

    page: object
    asked: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    alerts: list = field(default_factory=list)

    def assert_quiet(self):
        assert not self.errors
        assert not self.asked
        assert not self.alerts


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window; tests that need it are skipped where it is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(executable).is_file():
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@contextmanager
def opened(browser, file, **options):
    """Open a file in a fresh window; what it asks of a network is aborted and written down.

    Args:
        browser: the fixture above.
        file: Path of the page.
        options: for playwright's `new_context`.
    """
    context = browser.new_context(**{"reduced_motion": "reduce", **options})
    seen = Opened(context.new_page())

    def decide(route):
        if urlsplit(route.request.url).scheme in LOCAL:
            route.continue_()
        else:
            route.abort()

    def note_request(request):
        if urlsplit(request.url).scheme not in LOCAL:
            seen.asked.append(request.url)

    def note_dialog(dialog):
        seen.alerts.append(dialog.message)
        dialog.dismiss()

    context.route("**/*", decide)
    seen.page.on("request", note_request)
    seen.page.on("dialog", note_dialog)
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on(
        "console", lambda message: message.type == "error" and seen.errors.append(message.text)
    )
    seen.page.goto(Path(file).as_uri())
    yield seen
    context.close()
