"""What a search is and how far it is, as its folder tells it: `search.json`."""

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path

from kseg import __version__
from kseg.errors import RunFolderError
from kseg.recipe import LoadedRecipe, recipe_leaves
from kseg.storage import write_json
from kseg.tune.objective import maximises, weights_of
from kseg.tune.task import Prepared

LEDGER_FILE = "search.json"
FORMAT = 1
# So much of a budget may be forgotten by a kill.
_SAVED_EVERY_SECONDS = 15.0


class Ledger:
    """The facts of a search and the time spent on it, over all sittings.

    Args:
        folder: the search folder.
        loaded: `LoadedRecipe` of the base.
        spent_before: float, seconds that earlier sittings took.

    Attributes:
        prepared: `Prepared`, what is known of the data.
        identity: plain data, what must not change.
        accepted: sentences, the changes that it went on with.
        former: keys that trials from before an accepted change had, and the space has no more.
        ended: str, why it ended, or None while it goes on.
    """

    def __init__(self, folder: Path, loaded: LoadedRecipe, spent_before: float):
        self.folder = folder
        self.loaded = loaded
        self._spent_before = spent_before
        self._started = time.monotonic()
        self._saved_at = float("-inf")
        self.prepared = Prepared()
        self.identity: Mapping[str, object] = {}
        self.accepted: list[str] = []
        self.former: tuple[str, ...] = ()
        self.ended: str | None = None

    def spent_seconds(self) -> float:
        """Return the time spent on the search so far, over all sittings."""
        return self._spent_before + time.monotonic() - self._started

    def save_now_and_then(self) -> None:
        """Write the file if it was not written for a while."""
        if time.monotonic() - self._saved_at > _SAVED_EVERY_SECONDS:
            self.write()

    def write(self) -> None:
        """Write the file."""
        recipe, tune = self.loaded.recipe, self.loaded.recipe.tune
        base = {".".join(path): value for path, value in recipe_leaves(recipe)}
        write_json(
            self.folder / LEDGER_FILE,
            {
                "format": FORMAT,
                "name": recipe.name,
                "oracle": tune.oracle,
                "objective": {
                    "metrics": weights_of(tune),
                    "direction": "max" if maximises(tune) else "min",
                },
                "seed": tune.seed,
                "space": {
                    key: parameter.model_dump(mode="json", exclude_defaults=True)
                    for key, parameter in tune.space.items()
                },
                # Without the keys that the base does not read: null is a value.
                "base": {key: base[key] for key in (*tune.space, *self.former) if key in base},
                "former": list(self.former),
                "trial": dict(tune.trial),
                "phantom": self.prepared.phantom,
                "data": self.prepared.told,
                "budget_seconds": tune.budget_seconds,
                "spent_seconds": round(self.spent_seconds(), 1),
                "kseg": __version__,
                "ended": self.ended,
                "accepted": self.accepted,
                "identity": dict(self.identity),
            },
        )
        self._saved_at = time.monotonic()


def read_ledger(folder: Path) -> Mapping[str, object] | None:
    """Return what a search folder tells of itself.

    Args:
        folder: the search folder.

    Returns:
        Dict of plain data; None where no search has begun.

    Raises:
        RunFolderError: if the file cannot be read, or was written by a newer kseg.
    """
    file = folder / LEDGER_FILE
    try:
        data = json.loads(file.read_text("utf-8"))
        if data["format"] == FORMAT:
            _check(data)
            return data
        why = "was written by another version of kseg"
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, OSError) as error:
        why = f"cannot be read ({error})"
    raise RunFolderError(
        why=f"the record of the search {why}",
        file=file,
        fix="move the file away: the trials are kept, and the search goes on with them if the "
        "recipe is the same; or give another folder with --out",
        code="KS-H05",
    )


def _check(data: Mapping) -> None:
    """Raise ValueError, KeyError or TypeError unless all is there that a sitting goes on from."""
    identity = data["identity"]
    kinds = {"kseg": str, "keras_tuner": str} | dict.fromkeys(
        ("recipe", "length", "tune", "data"), dict
    )
    cases = [identity["data"][part] for part in ("train", "validation")] if identity["data"] else []
    if (
        not all(isinstance(identity[key], kind) for key, kind in kinds.items())
        or not all(isinstance(part, dict) for part in cases)
        or not math.isfinite(data["spent_seconds"])
        or not all(isinstance(sentence, str) for sentence in [*data["accepted"]])
    ):
        raise ValueError("its fields are not those of a search")
