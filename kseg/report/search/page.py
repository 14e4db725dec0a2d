"""Write the page of a search as one HTML file, in the frame that all reports share."""

from kseg.report.page import lay_out
from kseg.report.search.content import SearchContent


def render_search(content: SearchContent) -> str:
    """Return the page as HTML.

    Everything in `content` is escaped but the drawings of `Chart`, which are taken as they are.

    Args:
        content: `SearchContent`.

    Returns:
        str, a whole HTML document to be written as UTF-8.
    """
    sections = (
        ("facts", "At a glance", content.facts),
        ("warnings", "Warnings", content.warnings),
        ("winner", "The best settings", content.settings),
        ("curves", "Learning curves", content.curves),
        ("importance", "What went along with the score", content.importance),
        ("values", "Score by value", content.values),
        ("pareto", "Quality against time and memory", content.pareto or content.pareto_charts),
        ("trials", "Every trial", content.trials.lines),
        ("unreached", "What was not reached", content.unreached),
    )
    return lay_out(content, sections)
