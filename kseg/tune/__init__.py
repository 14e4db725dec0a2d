"""A recipe's space to its best recipe, by trials that are each a process of its own."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kseg.tune.closing import SearchResult
    from kseg.tune.jobs import Jobs
    from kseg.tune.driver import search

__all__ = ["Jobs", "SearchResult", "search"]

_PLACES = {"Jobs": "jobs", "SearchResult": "closing", "search": "driver"}


def __getattr__(name: str):
    # Imported on use: the process of a trial asks for parts of this room that know neither
    # KerasTuner nor TensorFlow, and should not wait for them.
    if name in _PLACES:
        module = importlib.import_module(f"{__name__}.{_PLACES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
