"""How the recipe wants masks judged, checked against the labels that there are."""

import difflib
from collections.abc import Sequence
from pathlib import Path

from kseg.errors import RecipeError
from kseg.evaluate import EvaluateSettings
from kseg.recipe import EvaluateSection


def judging(section: EvaluateSection, targets: Sequence[str], file: Path) -> EvaluateSettings:
    """Return how masks are to be measured.

    Args:
        section: `EvaluateSection`.
        targets: names of the labels or regions that are judged.
        file: the recipe, for the message.

    Returns:
        `EvaluateSettings`.

    Raises:
        RecipeError: if a label with a tolerance of its own does not exist.

    Example:
        >>> section = EvaluateSection(tolerance_mm=1.0)
        >>> judging(section, ("liver",), Path("liver.yaml")).tolerance_of("liver")
        1.0
    """
    known = list(targets)
    for name in section.label_tolerance_mm:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            raise RecipeError(
                why=f"evaluate.label_tolerance_mm: must name labels of the data set, which are "
                f'{", ".join(known)}. Received: "{name}"',
                file=file,
                fix=f'did you mean "{close[0]}"?' if close else "write one of these names",
                code="KS-F09",
            )
    return EvaluateSettings(section.tolerance_mm, dict(section.label_tolerance_mm))
