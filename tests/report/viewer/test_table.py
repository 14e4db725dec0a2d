import gzip
import json
import re

from kseg.report.viewer.shown import ShownVolume
from kseg.report.viewer.table import make_table

NASTY = "</script><script>alert(1)</script>\u2028é.nii.gz"
SCAN = ShownVolume(NASTY, "image", b"scan bytes", notes=("<b>note</b>",))
MASK = ShownVolume("mask.nii", "labels", b"mask bytes", visible=False)


def test_volumes_are_listed_in_order_with_their_addresses():
    table = make_table([SCAN, MASK], "secret")
    listed = json.loads(table["/volumes"].content)
    assert listed[0] == {
        "address": "/volume/0",
        "name": NASTY,
        "kind": "image",
        "visible": True,
        "notes": ["<b>note</b>"],
    }
    assert [table[volume["address"]].content for volume in listed] == [b"scan bytes", b"mask bytes"]
    assert all(table[volume["address"]].compressed for volume in listed)


def test_a_name_from_a_file_is_only_in_the_list_which_is_json():
    table = make_table([SCAN, MASK], "secret")
    for path, answer in table.items():
        if path != "/volumes":
            assert b"alert(1)" not in answer.content
    assert table["/volumes"].content_type == "application/json"


def test_all_that_the_page_loads_is_in_the_table_and_carries_the_token():
    table = make_table([], "s-e_cret")
    page = table["/"].content.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) == 5
    for address in loaded:
        if address != "data:,":
            path, _, query = address.partition("?")
            assert f"/{path}" in table and query == "token=s-e_cret"


def test_the_page_has_no_foreign_address_and_nothing_inline():
    page = make_table([], "secret")["/"].content.decode()
    assert "http" not in page and "{{" not in page
    assert not re.search(r"<style|style=|<script(?![^>]* src=)|\son\w+=", page)
    assert "For research use only. Not a medical device." in page


def test_the_library_is_compressed_once_and_says_so():
    answer = make_table([], "secret")["/niivue.js"]
    assert answer.compressed and b"Niivue" in gzip.decompress(answer.content)
