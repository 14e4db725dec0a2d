import base64
import gzip
import hashlib
from html.parser import HTMLParser

from markupsafe import escape

from kseg.report.content import ViewerScan
from kseg.report.viewer.embed import viewer_parts
from kseg.report.viewer.library import NIIVUE_SHA256

NASTY = '"></script><script>alert(1)</script>'
SCANS = {
    "0": ViewerScan(b"image", b"truth", b"predicted", "all voxels"),
    NASTY: ViewerScan(None, b"truth 2", b"predicted 2", f"note {NASTY}"),
}


class _Scripts(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), ""))

    def handle_data(self, data):
        if self.found and data.strip():
            tag, attrs, text = self.found[-1]
            self.found[-1] = (tag, attrs, text + data)


def scripts(html):
    return _Scripts(str(html)).found


def test_library_and_volumes_come_back_as_they_went_in():
    library, *volumes = scripts(viewer_parts(SCANS).data_html)
    plain = gzip.decompress(base64.b64decode(library[2]))
    assert hashlib.sha256(plain).hexdigest() == NIIVUE_SHA256
    assert [
        (attrs["data-case"], attrs["data-volume"], base64.b64decode(text))
        for _, attrs, text in volumes
    ] == [
        ("0", "image", b"image"),
        ("0", "truth", b"truth"),
        ("0", "predicted", b"predicted"),
        (NASTY, "truth", b"truth 2"),
        (NASTY, "predicted", b"predicted 2"),
    ]
    assert volumes[-1][1]["data-note"] == f"note {NASTY}"


def test_data_are_of_a_type_that_no_browser_runs():
    found = scripts(viewer_parts(SCANS).data_html)
    assert {(tag, attrs["type"]) for tag, attrs, _ in found} == {
        ("script", "application/octet-stream+base64")
    }


def test_there_are_two_scripts_and_nothing_ends_them_early():
    found = scripts(viewer_parts(SCANS).script_html)
    assert [(tag, attrs) for tag, attrs, _ in found] == [("script", {})] * 2
    assert "window.ksegViewer = " in found[0][2] and "data-viewer-case" in found[1][2]
    for _, _, text in found:
        assert "</script" not in text and "<!--" not in text


def test_no_address_stands_in_the_page_not_even_by_chance():
    # In base64 these bytes read "http" again and again.
    scan = ViewerScan(None, base64.b64decode("http" * 50), b"predicted", "")
    parts = viewer_parts({"0": scan})
    assert "http" not in parts.data_html + parts.script_html
    assert base64.b64decode(scripts(parts.data_html)[1][2]) == scan.truth


def test_the_parts_are_markup_that_a_template_takes_as_it_is():
    parts = viewer_parts(SCANS)
    for part in (parts.data_html, parts.script_html):
        unchanged = escape(part) == part
        assert unchanged


def test_without_scans_the_page_does_not_grow():
    parts = viewer_parts({})
    assert parts.data_html == parts.script_html == ""


def test_the_library_stands_in_the_page_once():
    one = viewer_parts({"0": SCANS["0"]})
    assert 1_000_000 < len(one.data_html) < 1_100_000
    assert len(viewer_parts(SCANS).data_html) < len(one.data_html) + 1000
