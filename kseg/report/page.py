"""Write a report as one HTML file that asks for nothing and runs nothing but its own script."""

import base64
import hashlib
import math
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from kseg.report import _format
from kseg.report._rows import Rows
from kseg.report.content import PageContent

if TYPE_CHECKING:
    from kseg.report.viewer.embed import ViewerParts

PHANTOM = "phantom: synthetic scans; no number here says anything about patients"
RESEARCH = "For research use only. Not a medical device."

_POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline';"
    " script-src {scripts} blob:; connect-src data: blob:; worker-src blob:; font-src data:;"
    " base-uri 'none'; form-action 'none'"
)
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def render(content: PageContent) -> str:
    """Return the page as HTML.

    The page holds all that it shows and fetches nothing. Everything in `content` is escaped but
    the drawings of `Chart` and `Plane`, which are taken as they are.

    Args:
        content: `PageContent`.

    Returns:
        str, a whole HTML document to be written as UTF-8.

    Example:
        >>> page = render(PageContent("Run <1>", "Nothing was judged.", phantom=False))
        >>> "<h1>Run &lt;1&gt;</h1>" in page
        True
    """
    rows = Rows(content)
    sections = (
        ("facts", "At a glance", content.facts),
        ("warnings", "Warnings", content.warnings),
        ("summary", "Summary", content.summary),
        ("folds", "Folds", content.folds),
        ("charts", "Charts", content.charts),
        ("pictures", "Pictures", content.pictures or content.pictures_note),
        ("cases", "Every case", content.scores),
        ("classes", "Sizes of the labels", content.classes),
        ("comparison", "Comparison", content.sentences or content.comparison),
        ("method", "How it was measured", rows.measures),
        ("recipe", "Recipe", content.recipe),
        ("environment", "Environment", content.environment),
    )
    return lay_out(content, sections, rows=rows, viewer=_viewer_parts(content))


def lay_out(
    content: Any,
    sections: Iterable[tuple[str, str, object]],
    *,
    viewer: "ViewerParts | None" = None,
    **names: object,
) -> str:
    """Return a page of any kind: a head, its sections, a foot, and nothing from outside.

    Args:
        content: what the page tells; it has `title`, `lead`, `phantom` and `labels`.
        sections: id, title and material of each section in the order of reading. One without
            material is left out; one with it is written by `assets/_ID.html.j2`.
        viewer: `ViewerParts` for scans in the page, or None.
        **names: what the sections' templates need besides `content`.

    Returns:
        str, a whole HTML document to be written as UTF-8.
    """
    script = _asset("page.js")
    embedded = str(viewer.script_html) if viewer else ""
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            **names,
            content=content,
            sections=[(name, title) for name, title, filled in sections if filled],
            viewer=viewer,
            phantom=PHANTOM,
            research=RESEARCH,
            css=Markup(_asset("page.css")),
            script=Markup(script),
            policy=Markup(_policy([script, *_scripts_of(embedded)])),
        )
    )


def _viewer_parts(content: PageContent) -> "ViewerParts | None":
    scans = {
        str(index): shown.viewer
        for index, shown in enumerate(content.pictures)
        if shown.viewer is not None
    }
    if not scans:
        return None
    from kseg.report.viewer.embed import viewer_parts

    return viewer_parts(scans)


def _scripts_of(html: str) -> list[str]:
    """Return the scripts in our own HTML; one with a type of data is none."""
    return [
        text
        for attributes, text in _SCRIPT.findall(html)
        if "type=" not in attributes or "javascript" in attributes or '"module"' in attributes
    ]


def _policy(scripts: list[str]) -> str:
    """Return a policy that lets these scripts run and no other, so nothing smuggled in can."""
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in scripts]
    return _POLICY.format(scripts=" ".join(f"'sha256-{digest.decode()}'" for digest in digests))


def _asset(name: str) -> str:
    return (files("kseg.report") / "assets" / name).read_text(encoding="utf-8")


def _shown(value: Any) -> Any:
    """Escape a value, and write `://` so that no address stands in the file, whatever it says."""
    if hasattr(value, "__html__"):
        return value
    return Markup(str(escape(value)).replace("://", "&#58;//"))


def _breakable(key: str) -> Markup:
    """Escape a dotted key, and let it go on in a new line behind each dot and underscore."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(_shown(key))))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["nan"] = math.nan
    environment.filters |= {
        "breakable": _breakable,
        "figures": _format.figures,
        "interval": _format.interval,
        "number": _format.number,
        "plain": _format.plain,
        "sort_text": _format.sort_text,
        "sort_value": _format.sort_value,
    }
    return environment
