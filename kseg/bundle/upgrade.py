"""Forms of `model.json` that older releases wrote, brought to the newest one step by step.

A form has a number. Whoever changes what is written raises `FORMAT_VERSION`, and adds to `UPGRADES`
the function that makes the new form of the one before: a file that can be understood is never
refused for its age, and one that cannot is never guessed at.
"""

import re
from collections.abc import Callable, Mapping

FORMAT_VERSION = 2
LARGEST_FORMAT = 9999
_RELEASE = re.compile(r"\d{1,4}(\.\d{1,4}){1,3}([a-z.]{1,5}\d{1,4})?")


class NewerFormatError(ValueError):
    """A form that only a newer release knows."""


def upgrade(data: Mapping[str, object]) -> tuple[dict[str, object], int]:
    """Return the data of a `model.json` in the newest form, and the form that they had.

    Args:
        data: mapping from JSON. Nothing in it is checked but its `format`.

    Returns:
        dict in the newest form without `format`, and int.

    Raises:
        NewerFormatError: if it is newer, naming the release that can read it if the file tells.
        ValueError: if it has no known form.

    Example:
        >>> upgrade({"format": 9, "kseg": "3.1"})
        Traceback (most recent call last):
            ...
        kseg.bundle.upgrade.NewerFormatError: its format must be at most 2. Received: format 9,
            which kseg 3.1 wrote
    """
    found = data.get("format")
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= LARGEST_FORMAT:
        raise ValueError(
            f"`format` must be a whole number from 1 to {FORMAT_VERSION}. Received: {found!r:.60}."
        )
    if found > FORMAT_VERSION:
        release = _release_of(data)
        writer = f"which kseg {release} wrote" if release else "of a newer kseg"
        raise NewerFormatError(
            f"its format must be at most {FORMAT_VERSION}. Received: format {found}, {writer}"
        )
    newest = {key: value for key, value in data.items() if key != "format"}
    for number in range(found, FORMAT_VERSION):
        newest = UPGRADES[number](newest)
    return newest, found


def _release_of(data: Mapping[str, object]) -> str:
    """Return the release that a file says to be from, if it looks like one."""
    release = data.get("kseg")
    return release if isinstance(release, str) and _RELEASE.fullmatch(release) else ""


def _from_1(data: Mapping[str, object]) -> dict[str, object]:
    """Say which kseg wrote it, and that it knew no regions, joined labels or ignored ones."""
    if "regions" in data:
        raise ValueError("`regions` must not be there: format 1 knows none.")
    reading = data.get("reading")
    if isinstance(reading, Mapping):
        reading = {"joined": [], "ignore": None, **reading}
    changed = {"reading": reading} if "reading" in data else {}
    return {"kseg": "0.1.0", "regions": None, **data, **changed}


UPGRADES: dict[int, Callable[[Mapping[str, object]], dict[str, object]]] = {1: _from_1}
