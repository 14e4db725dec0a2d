"""Arguments and options that several verbs take, worded once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class EngineName(StrEnum):
    """What runs trainings that stand beside one another."""

    local = "local"
    ray = "ray"


RecipeName = Annotated[
    str, typer.Argument(help="File of a recipe, or name of a shipped one.", metavar="RECIPE")
]
DataRoot = Annotated[
    Path | None, typer.Option(help="Folder or table of scans; its layout is recognised.")
]
WorkFolder = Annotated[Path, typer.Option(help="Folder for caches and the phantom.")]
WORK_FOLDER = Path(".kseg")
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one key; may be repeated."),
]
Deterministic = Annotated[
    bool,
    typer.Option(
        "--deterministic",
        help="On a GPU, repeat bit for bit (what it costs is not measured); a CPU always does.",
    ),
]
EngineOption = Annotated[
    EngineName, typer.Option(help="Where they run: on this machine, or on a Ray cluster.")
]
Workers = Annotated[
    int, typer.Option(min=1, help="How many run at a time; they share processors and GPUs.")
]
Address = Annotated[
    str | None, typer.Option(help="Address of the Ray cluster; default RAY_ADDRESS, or here.")
]


def refuse_unread_address(engine: EngineName, address: str | None) -> None:
    """Refuse an address that the engine does not read.

    Args:
        engine: `EngineName`.
        address: str, or None.

    Raises:
        typer.BadParameter: if an address is given and the engine is not ray.
    """
    if address is not None and engine != EngineName.ray:
        raise typer.BadParameter("--address is for --engine ray: give both")
