"""What makes a training the one it is: its recipe, its data, its version of kseg."""

import json
from collections.abc import Mapping, Sequence

from kseg import __version__
from kseg.recipe import Recipe, recipe_leaves
from kseg.workflow.components import plugin_versions

# Where the data lie, how long it runs, on how many threads, how its masks are judged, what it is
# called and what a search makes of it: none of these changes a weight of the steps that are done.
FREE_SECTIONS = ("kseg", "name", "evaluate", "tune")
FREE_KEYS = (
    ("data", "root"), ("data", "download"), ("patches", "ram"),
    ("fit", "budget"), ("fit", "steps"), ("fit", "epochs"), ("fit", "threads"),
)  # fmt: skip


def recipe_identity(recipe: Recipe) -> dict[str, object]:
    """Return what of the recipe and of kseg must not change while a training goes on.

    Args:
        recipe: `Recipe`, its precision resolved.

    Returns:
        Dict of plain data; the seeds are among the keys of the recipe.

    Example:
        >>> identity = recipe_identity(Recipe(kseg=1, name="a", fit={"steps": 3}))
        >>> identity["recipe"]["fit.seed"], "fit.steps" in identity["recipe"]
        (1, False)
    """
    told = {
        ".".join(path): value
        for path, value in recipe_leaves(recipe)
        # Null and not given are one, or every key that is new in kseg would be a change.
        if path[0] not in FREE_SECTIONS and path not in FREE_KEYS and value is not None
    }
    return _as_read({"kseg": __version__, "recipe": told, **plugin_versions(recipe)})


def data_identity(
    labels: Sequence[str],
    channels: Sequence[str],
    train: Mapping[str, str],
    validation: Mapping[str, str],
    *,
    regions: Mapping[str, object] | None = None,
    reading: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Return what of the data must not change while a training goes on.

    Args:
        labels: names of the labels, the background first.
        channels: names of the channels.
        train: digest of the files of each training case by its id.
        validation: the same for the validation cases.
        regions: plain data, the unions of labels that are learnt instead of labels, or None.
        reading: plain data, how doubtful files and masks are read, or None.

    Returns:
        Dict of plain data.
    """
    told = {"labels": labels, "channels": channels, "regions": regions, "reading": reading}
    return _as_read({**told, "train": dict(train), "validation": dict(validation)})


def cases_trained_on(*sittings: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return all cases that any of several sittings has trained on.

    Args:
        *sittings: digests by the id of each training case.

    Returns:
        Dict of lists of digests by id.

    Example:
        >>> cases_trained_on({"a": ["1"]}, {"a": ["2"], "b": ["3"]})
        {'a': ['1', '2'], 'b': ['3']}
    """
    ids = sorted({case for sitting in sittings for case in sitting})
    return {
        case: sorted({digest for sitting in sittings for digest in sitting.get(case, ())})
        for case in ids
    }


def _as_read(data: dict[str, object]) -> dict[str, object]:
    """Return plain data as they come back from a file: tuples are lists there."""
    return json.loads(json.dumps(data))
