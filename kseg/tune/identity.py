"""What makes a search the one it is, and what has changed since it began."""

import json
from collections.abc import Mapping
from importlib.metadata import version

from kseg.errors import RunFolderError
from kseg.recipe import Recipe, write_flow
from kseg.workflow.changes import data_changes, recipe_changes
from kseg.workflow.identity import recipe_identity

# How long it goes on, when it gives a trial up, and with how much memory: more of these may be
# asked of a search that has begun.
FREE_KEYS = ("budget", "trials", "iterations", "time_limit", "memory", "retries")
_SHOWN = 20


def search_identity(recipe: Recipe, data: Mapping[str, object]) -> dict[str, object]:
    """Return what of a search must not change while it goes on.

    Args:
        recipe: the base `Recipe`, with its `tune` section.
        data: identity of the data.

    Returns:
        Dict of plain data.
    """
    tune = recipe.tune.model_dump(mode="json", exclude=set(FREE_KEYS))
    told = {
        "keras_tuner": version("keras-tuner"),
        "length": {key: getattr(recipe.fit, key) for key in ("budget", "steps", "epochs")},
        "tune": tune,
        "data": dict(data),
    }
    return json.loads(json.dumps({**recipe_identity(recipe), **told}))


def search_changes(before: Mapping, now: Mapping) -> list[str]:
    """Return what has changed since a search began.

    Args:
        before: identity that the search folder holds.
        now: `search_identity` of today.

    Returns:
        List of sentences.
    """
    told = recipe_changes(before, now)
    old, new = before["keras_tuner"], now["keras_tuner"]
    told += [f"keras-tuner {old} -> {new}"] * (old != new)
    for section, named in (("length", "fit"), ("tune", "tune")):
        told += _differences(before[section], now[section], named)
    if before["data"] and now["data"]:
        told += data_changes(before["data"], now["data"])
    return told


def refuse_changes(changes: list[str], accept: bool, folder) -> None:
    """Refuse to go on with a search that has changed, unless that is accepted.

    Args:
        changes: sentences.
        accept: bool.
        folder: path of the search folder.

    Raises:
        RunFolderError: with the list of what changed.
    """
    if not changes or accept:
        return
    more = [f"and {len(changes) - _SHOWN} changes more"] * (len(changes) > _SHOWN)
    lines = "\n    ".join(["this folder holds a search that began otherwise:",
                           *changes[:_SHOWN], *more])  # fmt: skip
    raise RunFolderError(
        why=lines,
        file=folder,
        fix="take the changes back, or give another folder with --out; --accept-changes goes on "
        "with them, though trials from before and after may not be comparable",
        code="KS-H07",
    )


def _differences(old: Mapping, new: Mapping, path: str) -> list[str]:
    told = []
    for key in dict.fromkeys((*old, *new)):
        one, other, place = old.get(key), new.get(key), f"{path}.{key}"
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict) and key in ("space", "trial"):
            told += _differences(one, other, place)
        else:
            told.append(f"{place}: {_shown(one)} -> {_shown(other)}")
    return told


def _shown(value: object) -> str:
    if isinstance(value, dict):
        entries = {key: item for key, item in value.items() if item not in (None, {}, "linear")}
        # In a condition null is a value, and no key that was not given.
        told = {k: write_flow(v) if k == "when" else _shown(v) for k, v in entries.items()}
        return "{" + ", ".join(f"{key}: {item}" for key, item in told.items()) + "}"
    return write_flow(tuple(value) if isinstance(value, list) else value)
