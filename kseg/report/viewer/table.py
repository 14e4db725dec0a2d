"""The table of all that the viewer's server may answer: exact addresses, and bytes in memory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from kseg.report.viewer.library import niivue_gzip, viewer_script
from kseg.report.viewer.shown import ShownVolume

_SCRIPT = "text/javascript; charset=utf-8"
_TOKEN_MARK = b"{{token}}"


@dataclass(frozen=True)
class Answer:
    """The body of one answer.

    Args:
        content: bytes.
        content_type: str, as in the header of that name.
        compressed: bool, whether the bytes are gzip that the browser shall undo.
    """

    content: bytes
    content_type: str
    compressed: bool = False


def make_table(volumes: Sequence[ShownVolume], token: str) -> Mapping[str, Answer]:
    """Put everything that the page needs into one table.

    A server that looks addresses up here, and nowhere else, cannot be talked into reading a file.

    Args:
        volumes: what is shown, in order.
        token: str of url-safe characters, which the page's own requests carry.

    Returns:
        mapping from the path of an address, such as `"/volume/0"`, to its Answer.

    Example:
        >>> sorted(make_table([], "secret"))
        ['/', '/niivue.js', '/view.css', '/view.js', '/viewer.js', '/volumes']
    """
    page = _packaged("view.html").replace(_TOKEN_MARK, token.encode("ascii"))
    table = {
        "/": Answer(page, "text/html; charset=utf-8"),
        "/view.css": Answer(_packaged("view.css"), "text/css; charset=utf-8"),
        "/view.js": Answer(_packaged("view.js"), _SCRIPT),
        "/viewer.js": Answer(viewer_script().encode(), _SCRIPT),
        "/niivue.js": Answer(niivue_gzip(), _SCRIPT, compressed=True),
        "/volumes": Answer(_list_volumes(volumes), "application/json"),
    }
    for index, volume in enumerate(volumes):
        table[_address(index)] = Answer(volume.content, "application/octet-stream", compressed=True)
    return table


def _address(index: int) -> str:
    return f"/volume/{index}"


def _list_volumes(volumes: Sequence[ShownVolume]) -> bytes:
    listed = [
        {
            "address": _address(index),
            "name": volume.name,
            "kind": volume.kind,
            "visible": volume.visible,
            "notes": volume.notes,
        }
        for index, volume in enumerate(volumes)
    ]
    return json.dumps(listed).encode("ascii")


def _packaged(name: str) -> bytes:
    return files("kseg.report.viewer").joinpath(name).read_bytes()
