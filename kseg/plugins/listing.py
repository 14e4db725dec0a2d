"""What is there by name, from kseg's own table and from what pip wrote down at installation."""

import importlib.metadata
from collections.abc import Iterator
from importlib.metadata import Distribution

from kseg.plugins.builtin import BUILTIN, GROUPS, KINDS
from kseg.plugins.component import Component


def list_components(kind: str | None = None) -> tuple[Component, ...]:
    """List what is there by name, kseg's own first, without importing any of it.

    Args:
        kind: str, a key of `KINDS`; None for all kinds.

    Returns:
        Tuple of `Component`.

    Raises:
        ValueError: if there is no such kind.

    Example:
        >>> list_components("metrics")[0].value
        'kseg.metrics:CaseDice'
    """
    kinds = KINDS if kind is None else (checked_kind(kind),)
    installed = [component for _, found, _ in _read_packages() for component in found]
    return tuple(
        component
        for each in kinds
        for component in (
            *(own_component(each, name) for name in BUILTIN[each]),
            *sorted(
                (other for other in installed if other.kind == each),
                key=lambda other: (other.name, other.package),
            ),
        )
    )


def damaged_packages() -> tuple[str, ...]:
    """Return a sentence for each package whose components cannot even be listed.

    Returns:
        Tuple of str, which name the package and what is wrong with it.

    Example:
        >>> damaged_packages()
        ()
    """
    return tuple(
        f"the entry points of {package} cannot be read: {error}"
        for package, _, error in _read_packages()
        if error
    )


def own_component(kind: str, name: str) -> Component:
    """Return one of kseg's own components."""
    return Component(kind, name, BUILTIN[kind][name], "kseg", _own_version(), builtin=True)


def checked_kind(kind: str) -> str:
    """Return `kind`, which must be a key of `KINDS`."""
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {list(KINDS)}. Received: kind={kind!r}.")
    return kind


def _own_version() -> str:
    """Return the version as pip knows it: importing `kseg` from below would turn the house over."""
    try:
        return importlib.metadata.version("kseg")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _read_packages() -> Iterator[tuple[str, list[Component], str]]:
    """Yield the name, the components and the damage, if any, of each package that has some.

    Read one by one: `importlib.metadata.entry_points` fails as a whole over one damaged file.
    """
    seen = set()
    for distribution in importlib.metadata.distributions():
        text = _read(distribution)
        if not any(f"[{group}]" in text for group in GROUPS.values()):
            continue
        name = distribution.metadata["Name"] or "a package without a name"
        # As in an import, the first of that name on the path is the one that runs.
        if name in seen:
            continue
        seen.add(name)
        try:
            found, error = _components_of(distribution, name), ""
        except Exception as damage:
            found, error = [], f"{type(damage).__name__}: {damage}"
        yield name, found, error


def _read(distribution: Distribution) -> str:
    try:
        return distribution.read_text("entry_points.txt") or ""
    except (OSError, UnicodeError):
        return ""


def _components_of(distribution: Distribution, package: str) -> list[Component]:
    version = distribution.metadata["Version"] or ""
    kinds = {group: kind for kind, group in GROUPS.items()}
    return [
        Component(kinds[point.group], point.name, point.value, package, version)
        for point in distribution.entry_points
        if point.group in kinds
    ]
