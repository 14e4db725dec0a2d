"""From a matplotlib figure to an `<svg>` element that belongs to the page that it stands in."""

import html
import io
import re
import warnings
from collections.abc import Callable
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

# Written for whatever shall have the colour of the page's text.
INK = "#010203"

_SETTINGS = {
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "grid.color": INK,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "kseg",
    "text.color": INK,
    # Labels are names of the user's own: `$` and `_` mean nothing else.
    "text.parse_math": False,
    "text.usetex": False,
    "xtick.color": INK,
    "ytick.color": INK,
}
_NAMESPACE = re.compile(r"\{[^}]*\}")
_DROPPED = {"metadata", "style"}
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT = re.compile(r"font(?:-family)?: *(?:(\d[\d.]*px) )?'DejaVu Sans'[^;]*;?")
# A hundredth of a point is finer than any screen.
_DIGITS = re.compile(r"(\.\d\d)\d+")
_DRAWN = {"d", "x", "y", "transform"}
# XML knows no way to write these.
_UNWRITABLE = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draw(plot: Callable[[], Figure], prefix: str, description: str) -> str:
    """Return a figure as an inline `<svg>` element that names no address.

    Args:
        plot: function that makes the figure.
        prefix: str of letters, before every id, so that two drawings of a page share none.
        description: str, what is to be seen, for those who cannot see it.

    Returns:
        str. The same figure gives the same text.
    """
    buffer = io.StringIO()
    defaults = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith("backend")}
    with matplotlib.rc_context(defaults | _SETTINGS), warnings.catch_warnings():
        # The page's font draws the signs that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = plot()
        figure.savefig(
            buffer,
            format="svg",
            transparent=True,
            bbox_inches="tight",
            pad_inches=0.04,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    root = ElementTree.fromstring(buffer.getvalue())
    _prune(root)
    _adopt(root, prefix)
    view_box = _DIGITS.sub(r"\1", root.get("viewBox"))
    root.attrib.clear()
    opening = (
        f'<svg viewBox="{view_box}" width="100%" role="img" '
        f'aria-label="{html.escape(printable(description))}" '
        'stroke-linejoin="round" stroke-linecap="butt">'
    )
    # What `ElementTree` writes of a node without attributes is `<svg>` and its children.
    body = ElementTree.tostring(root, encoding="unicode").removeprefix("<svg>")
    return re.sub(r"\s*\n\s*", "\n", opening + body).strip()


def printable(text: str) -> str:
    """Return a text on one line, in characters that XML can hold.

    Args:
        text: str.

    Returns:
        str.
    """
    return _UNWRITABLE.sub("\ufffd", " ".join(str(text).split()))


def _prune(node: ElementTree.Element) -> None:
    """Drop what would reach out of the drawing: styles for the whole page, and metadata."""
    node.tag = _NAMESPACE.sub("", node.tag)
    node.attrib = {_NAMESPACE.sub("", key): value for key, value in node.attrib.items()}
    for child in list(node):
        if _NAMESPACE.sub("", child.tag) in _DROPPED:
            node.remove(child)
        else:
            _prune(child)


def _adopt(root: ElementTree.Element, prefix: str) -> None:
    used = set()
    for node in root.iter():
        for value in node.attrib.values():
            used.update(_REFERENCE.findall(value))
        if node.get("href", "").startswith("#"):
            used.add(node.get("href")[1:])
    for node in root.iter():
        if node.get("id") not in used:
            node.attrib.pop("id", None)
        for key, value in node.attrib.items():
            value = _REFERENCE.sub(rf"url(#{prefix}-\1)", value)
            # The page's own font; the size stays.
            value = _FONT.sub(lambda found: f"font-size: {found[1]};" if found[1] else "", value)
            value = _DIGITS.sub(r"\1", value) if key in _DRAWN else value
            node.set(key, value.replace(INK, "currentColor"))
        if "id" in node.attrib:
            node.set("id", f"{prefix}-{node.get('id')}")
        if node.get("href", "").startswith("#"):
            node.set("href", f"#{prefix}-{node.get('href')[1:]}")
