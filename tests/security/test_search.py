"""The search that the tests of privacy trust finds a word wherever it can be packed."""

import base64
import gzip
import io
import zipfile
import zlib

import pytest
from PIL import Image, PngImagePlugin

from tests.security.search import holders, holders_in_folder

WORD = b"DOE^CANARY"
TEXT = b"before " * 9 + WORD + b" behind" * 9


def zipped(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def png(packed):
    file, texts = io.BytesIO(), PngImagePlugin.PngInfo()
    texts.add_itxt("note", TEXT.decode(), zip=packed == "iTXt")
    if packed == "zTXt":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("note", TEXT.decode(), zip=True)
    Image.new("L", (2, 2)).save(file, "png", pnginfo=texts)
    return file.getvalue()


PACKED = {
    "plain": TEXT,
    "small letters": TEXT.lower(),
    "UTF-16": TEXT.decode().encode("utf-16-le"),
    "bytes as digits": TEXT.hex().encode(),
    "swapped in twos": bytes(TEXT[at ^ 1] for at in range(len(TEXT) // 2 * 2)),
    "swapped in fours": bytes(TEXT[at ^ 3] for at in range(len(TEXT) // 4 * 4)),
    "gzip": gzip.compress(TEXT),
    "gzip in gzip": gzip.compress(b"head" + gzip.compress(TEXT)),
    "gzip cut short": gzip.compress(TEXT * 99 + b"x" * 999)[:-20],
    "zip": zipped("notes.txt", TEXT),
    "zip by its names": zipped(WORD.decode(), b""),
    "base64": b'<script data-a="b">' + base64.b64encode(TEXT) + b"</script>",
    "base64 of gzip": b'src="data:a/b;base64,' + base64.b64encode(gzip.compress(TEXT)) + b'"',
    "base64 with a gap": base64.b64encode(TEXT)[:50] + b" " + base64.b64encode(TEXT)[50:],
    "PNG iTXt": png("iTXt"),
    "PNG zTXt": png("zTXt"),
    "base64 of PNG": b"data:image/png;base64," + base64.b64encode(png("zTXt")),
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_word_is_found_however_it_is_packed(kind):
    assert holders(PACKED[kind], [WORD])
    assert not holders(PACKED[kind], [b"ROE^SPARROW"])


def test_a_word_is_found_in_the_names_of_files_and_folders(tmp_path):
    (tmp_path / "a" / WORD.decode()).mkdir(parents=True)
    (tmp_path / "a" / "b.bin").write_bytes(zlib.compress(b"nothing"))
    assert holders_in_folder(tmp_path, [WORD]) == {f"the name a/{WORD.decode()}"}
