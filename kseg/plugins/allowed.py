"""Other people's code in a model folder: run only when a person has said so."""

import re
from collections.abc import Sequence
from pathlib import Path

from kseg.errors import ModelFileError, RecipeError
from kseg.plugins.builtin import KINDS
from kseg.plugins.component import Component
from kseg.plugins.find import find_component


def allowed_component(
    kind: str, name: str, allowed: Sequence[str], file: str | Path | None = None
) -> Component:
    """Find and import a component that a model folder names; other people's only if allowed.

    A recipe is one's own and may name any code; a model folder comes from anywhere. Nothing is
    imported before its package is found in `allowed`, and what is then reached must have been
    written in that package: a module of it may well hold `os.system` under some name.

    Args:
        kind: str, a key of `KINDS`.
        name: str, the name in `model.json`.
        allowed: names of the packages (as pip or as `import` knows them) whose code may run.
        file: path of the `model.json`, for the error.

    Returns:
        `Component`, imported.

    Raises:
        ModelFileError: if it is not found, not allowed, or cannot be imported.

    Example:
        >>> allowed_component("models", "os:system", allowed=())
        Traceback (most recent call last):
            ...
        kseg.errors.ModelFileError: its model `os:system` is code of the package os, ...
    """
    noun = KINDS[kind]
    try:
        component = find_component(kind, name)
    except RecipeError as error:
        fix = error.fix or "install the package that it was trained with"
        raise ModelFileError(why=error.why, file=file, fix=fix, code="KS-M04") from error
    if component.builtin:
        return component
    package, root = component.package, component.module_root
    if not {_plain(package), _plain(root)} & {_plain(each) for each in allowed}:
        raise ModelFileError(
            why=f"its {noun} `{name}` is code of the package {component.origin}, which opening a "
            "model does not run unasked",
            file=file,
            fix=f"if you trust that package, add `--allow-plugin {package}` to kseg predict, or "
            f'`allow_plugins=("{package}",)` to kseg.load',
            code="KS-M07",
        )
    try:
        found = component.load()
    except RecipeError as error:
        raise ModelFileError(why=error.why, file=file, fix=error.fix, code="KS-M04") from error
    if str(getattr(found, "__module__", None)).partition(".")[0] != root:
        raise ModelFileError(
            why=f"its {noun} `{name}` must be written in the package {package}. Received: one of "
            f"{getattr(found, '__module__', None)}",
            file=file,
            fix="do not use this model unless you know why it names that",
            code="KS-M07",
        )
    return component


def _plain(name: str) -> str:
    """Return a package's name as pip and import agree on it."""
    return re.sub(r"[-_.]+", "-", name).lower()
