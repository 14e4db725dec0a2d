"""`kseg components`: every name that a recipe may use, and which package it comes from."""

from typing import Annotated

import typer


def components(
    kind: Annotated[
        str | None,
        typer.Argument(
            help="layers, losses, metrics, models, schedules, augment or sources; default all.",
            metavar="[KIND]",
        ),
    ] = None,
) -> None:
    """List the parts that are there by name, kseg's own and plug-ins, without running any of them.

    Args:
        kind: str, one kind of component.

    Raises:
        typer.BadParameter: if there is no such kind.
    """
    from kseg.plugins import KINDS, damaged_packages, list_components

    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"KIND must be one of {', '.join(KINDS)}. Received: {kind}")
    rows = [(each.kind, each.full_name, each.origin, each.value) for each in list_components(kind)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for *cells, last in rows:
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        typer.echo("  ".join([*padded, last]))
    for sentence in damaged_packages():
        typer.echo(f"kseg: {sentence}", err=True)
