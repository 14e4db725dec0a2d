"""Other people's code in a model folder: run only when a person has said so."""

import importlib.util
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from kseg.errors import ModelFileError, RecipeError
from kseg.plugins.builtin import BUILTIN, KINDS
from kseg.plugins.component import Component
from kseg.plugins.find import find_component
from kseg.plugins.listing import own_component

# Nobody distrusts these packages, and none of them is a plug-in: with arguments that a stranger
# chose, their functions fetch, read and write files.
LONGEST_NAME = 200
LIBRARIES = frozenset(
    ("PIL", "h5py", "jax", "joblib", "keras", "keras_tuner", "matplotlib", "nibabel", "numpy",
     "pandas", "pip", "pydantic", "requests", "ruamel", "safetensors", "scipy", "setuptools",
     "sklearn", "tensorboard", "tensorflow", "torch", "typer", "urllib3", "yaml")
)  # fmt: skip


def allowed_component(
    kind: str, name: str, allowed: Sequence[str], file: str | Path | None = None
) -> Component:
    """Find and import a component that a model folder names; other people's only if allowed.

    A recipe is one's own and may name any code; a model folder comes from anywhere. Nothing is
    imported before its package is found in `allowed`, and what is then reached must have been
    written in that package: a module of it may well hold `os.system` under some name. Python's own
    modules and the libraries that kseg stands on are never plug-ins, nor is a module that lies in
    the model folder itself. A package that is allowed is allowed whole.

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
        >>> allowed_component("models", "os:system", allowed=("os",))
        Traceback (most recent call last):
            ...
        kseg.errors.ModelFileError: its model `os:system` must be a plug-in. Received: one of ...
    """
    if not name.isprintable() or len(name) > LONGEST_NAME:
        raise _no_plugin(f"its {KINDS[kind]}", f"{name!r:.200}", file)
    try:
        component = find_component(kind, name)
    except RecipeError as error:
        fix = "if you trust whoever made this model, ask what it was trained with, and install that"
        raise ModelFileError(why=error.why, file=file, fix=fix, code="KS-M04") from error
    if own := _own(component):
        return own
    who = f"its {KINDS[kind]} `{name}`"
    _refuse_what_is_no_plugin(component, who, file)
    package, root = component.package, component.module_root
    if not {_plain(package), _plain(root)} & {_plain(each) for each in allowed}:
        raise ModelFileError(
            why=f"{who} is code of the package {component.origin}, which opening a "
            "model does not run unasked",
            file=file,
            fix=f"if you trust that package, add `--allow-plugin {package}` to the command, or "
            f'`allow_plugins=("{package}",)` to kseg.load',
            code="KS-M07",
        )
    try:
        found = component.load()
    except RecipeError as error:
        raise ModelFileError(why=error.why, file=file, fix=error.fix, code="KS-M04") from error
    if str(getattr(found, "__module__", None)).partition(".")[0] != root:
        raise _no_plugin(who, f"one of {getattr(found, '__module__', None)}", file)
    return component


def _own(component: Component) -> Component | None:
    """Return the component of kseg that is meant, also if it was named by its place, or None.

    Other functions of kseg write files. Only where components live is anything imported: importing
    `kseg.__main__` would start the program.
    """
    if component.builtin:
        return component
    places = {value.partition(":")[0] for value in BUILTIN[component.kind].values()}
    module = component.value.partition(":")[0]
    if not any(module == place or module.startswith(f"{place}.") for place in places):
        return None
    try:
        found = component.load()
    except RecipeError:
        return None
    own = (own_component(component.kind, name) for name in BUILTIN[component.kind])
    return next((each for each in own if each.load() is found), None)


def _refuse_what_is_no_plugin(component: Component, who: str, file: str | Path | None) -> None:
    root = component.module_root
    if root == "kseg":
        raise _no_plugin(who, f"a part of kseg that is no {KINDS[component.kind]}", file)
    if root in sys.stdlib_module_names or root in LIBRARIES:
        raise _no_plugin(who, f"one of the library {root}", file)
    if file is not None and _lies_in(Path(file).parent, root):
        raise _no_plugin(who, "code in the model folder itself", file)


def _lies_in(folder: Path, root: str) -> bool:
    """Tell whether importing a module would take it from a folder; it is not imported for that."""
    try:
        spec = importlib.util.find_spec(root)
    except (ImportError, ValueError):
        return False
    places = [spec.origin, *(spec.submodule_search_locations or ())] if spec else []
    inside = folder.resolve()
    return any(place and Path(place).resolve().is_relative_to(inside) for place in places)


def _no_plugin(who: str, received: str, file: str | Path | None) -> ModelFileError:
    return ModelFileError(
        why=f"{who} must be a plug-in. Received: {received}",
        file=file,
        fix="do not use this model unless you know why it names that",
        code="KS-M07",
    )


def _plain(name: str) -> str:
    """Return a package's name as pip and import agree on it."""
    return re.sub(r"[-_.]+", "-", name).lower()
