"""A search through every byte of files, unpacked as far as anything in them can be unpacked."""

import base64
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

_GZIP = b"\x1f\x8b\x08"
_PNG = b"\x89PNG\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_BASE64 = re.compile(rb"[A-Za-z0-9+/](?:[A-Za-z0-9+/]| (?=[A-Za-z0-9+/])){39,}={0,2}")
_DEEPEST = 6


class Searched:
    """Bytes, or all files in a folder with their names, unpacked once to be searched often."""

    def __init__(self, what: bytes | Path):
        self._parts: list[tuple[str, bytes]] = []
        if isinstance(what, bytes):
            self._add("", what)
            return
        for path in sorted(what.rglob("*")):
            name = path.relative_to(what).as_posix()
            self._add(f"the name {name}", name.encode())
            if path.is_file():
                self._add(name, path.read_bytes())

    def holders(self, words: list[bytes]) -> set[str]:
        """Return where any of the words stands, in any of the usual encodings."""
        forms = {form for word in words for form in _forms(word)}
        return {place for place, part in self._parts if any(form in part for form in forms)}

    def _add(self, place: str, content: bytes) -> None:
        self._parts += [(where, part.lower()) for where, part in unpacked(content, place)]


def holders(content: bytes, words: list[bytes]) -> set[str]:
    """Return where in some bytes any of the words stands."""
    return Searched(content).holders(words)


def holders_in_folder(folder: Path, words: list[bytes]) -> set[str]:
    """Return which files under a folder hold any of the words, in their bytes or their names."""
    return Searched(folder).holders(words)


def unpacked(content: bytes, place: str, depth=0) -> Iterator[tuple[str, bytes]]:
    """Yield some bytes, and what is packed in them: gzip, zip, base64, the parts of a PNG."""
    yield place, content
    if depth == _DEEPEST:
        return
    for name, part in (*_gzips(content), *_zips(content), *_base64s(content), *_pngs(content)):
        yield from unpacked(part, f"{place} > {name}", depth + 1)


def _forms(word: bytes) -> Iterator[bytes]:
    text = word.decode().lower()
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        yield text.encode(encoding)
    # The bytes of a number that was swapped in twos or fours, and bytes written as digits.
    for size in (2, 4):
        for start in range(size):
            whole = word[start:][: (len(word) - start) // size * size]
            if len(whole) >= 6 or whole == word:
                yield b"".join(
                    whole[at : at + size][::-1] for at in range(0, len(whole), size)
                ).lower()
    yield word.hex().encode()


def _gzips(content: bytes) -> Iterator[tuple[str, bytes]]:
    at = content.find(_GZIP)
    while at >= 0:
        try:
            yield f"gzip at {at}", zlib.decompressobj(wbits=31).decompress(content[at:])
        except zlib.error:
            pass  # three bytes that look like gzip by chance
        at = content.find(_GZIP, at + 1)


def _zips(content: bytes) -> Iterator[tuple[str, bytes]]:
    if _ZIP in content:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield "names", "\n".join(archive.namelist()).encode()
            for name in archive.namelist():
                yield name, archive.read(name)


def _base64s(content: bytes) -> Iterator[tuple[str, bytes]]:
    for match in _BASE64.finditer(content):
        text = match[0].replace(b" ", b"").rstrip(b"=")
        padded = (
            text[: len(text) // 4 * 4] if len(text) % 4 == 1 else text + b"=" * (-len(text) % 4)
        )
        yield f"base64 at {match.start()}", base64.b64decode(padded)


def _pngs(content: bytes) -> Iterator[tuple[str, bytes]]:
    if not content.startswith(_PNG):
        return
    at = len(_PNG)
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + length]
        yield kind.decode("latin-1"), body
        if kind in (b"zTXt", b"iCCP"):
            yield f"{kind.decode()} unpacked", zlib.decompress(body.partition(b"\0")[2][1:])
        if kind == b"iTXt" and body.partition(b"\0")[2][:1] == b"\1":
            packed = body.partition(b"\0")[2][2:].split(b"\0", 2)[2]
            yield "iTXt unpacked", zlib.decompress(packed)
        at += length + 12
