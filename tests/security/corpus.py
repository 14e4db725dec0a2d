"""Malicious models, recipes, data sets and scans, by name; each is made when it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.security import corpus_archives, corpus_inputs, corpus_models, corpus_weights


@dataclass(frozen=True)
class Item:
    """Something malicious.

    Args:
        door: str, a key of `doors.DOORS`, the function of kseg that is to open it.
        make: function of a new folder and the path of the canary, that returns the path to open.
    """

    door: str
    make: Callable[[Path, Path], Path]


CORPUS = {
    name: Item(door, make)
    for module in (corpus_models, corpus_weights, corpus_archives, corpus_inputs)
    for door, items in module.ITEMS.items()
    for name, make in items.items()
}
