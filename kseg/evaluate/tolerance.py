"""The tolerance of NSD as people type it: `2` for all labels, `liver=5` for one."""

import difflib
import math
from collections.abc import Sequence

from kseg.errors import KsegError
from kseg.evaluate.score import EvaluateSettings


def parse_tolerances(texts: Sequence[str], names: Sequence[str] | None) -> EvaluateSettings:
    """Turn typed tolerances into settings.

    Args:
        texts: sequence of str, `"MM"` or `"LABEL=MM"`.
        names: names of the labels, or None where none are declared and each value is a label.

    Returns:
        `EvaluateSettings`; without a general tolerance that of the settings' own default, 2 mm.

    Raises:
        KsegError: KS-V04, if one is no length, is given twice, or names an unknown label.

    Example:
        >>> parse_tolerances(["3", "aorta=1"], ["aorta", "liver"]).label_tolerance_mm
        {'aorta': 1.0}
    """
    found: dict[str | None, float] = {}
    for text in texts:
        name, equals, length = text.rpartition("=")
        key = name.strip() if equals else None
        if key in found:
            raise _refused(f"the tolerance of {key or 'all labels'} is given twice: {text!r}")
        if key is not None:
            _check_name(key, names)
        found[key] = _length_mm(length, text)
    general = found.pop(None, EvaluateSettings().tolerance_mm)
    return EvaluateSettings(general, {key: mm for key, mm in found.items() if key is not None})


def _length_mm(length: str, text: str) -> float:
    try:
        value = float(length)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise _refused(f"a tolerance must be a length in mm, 0 or more. Received: {text!r}.")
    return value


def _check_name(name: str, names: Sequence[str] | None) -> None:
    if names is None:
        if not name.isdecimal():
            raise _refused(
                f"there is no label {name!r}: no names are declared, so that labels are called by "
                "their value",
                "write the value, such as --tolerance 3=5, or declare names by --labels",
            )
    elif name not in names:
        close = difflib.get_close_matches(name, names, 1)
        hint = f" (nearest: {close[0]})" if close else ""
        raise _refused(f"there is no label {name!r}{hint}. Labels are {', '.join(names)}")


def _refused(why: str, fix: str = "write --tolerance 2 for all, --tolerance liver=5 for one label"):
    return KsegError(why=why, code="KS-V04", fix=fix)
