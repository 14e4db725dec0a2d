"""`kseg export`: a trained network to Keras' own file, or to one zip."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export(
    run: Annotated[
        Path, typer.Argument(help="Run folder, model folder or .zip of one.", metavar="RUN")
    ],
    form: Annotated[
        Literal["keras", "zip"],
        typer.Option("--format", help="keras: Keras' own file; zip: the model folder as one file."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="File to write, replaced if there; default beside the model folder."),
    ] = None,
    allow_plugins: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-plugin", metavar="PACKAGE", help="Run this package's code if the model asks."
        ),
    ] = None,
) -> None:
    """Write a trained network as one file: Keras' own, or a zip of the model folder.

    Args:
        run: run folder, model folder, or zip of one.
        form: `"keras"` or `"zip"`.
        out: file to write.
        allow_plugins: list of package names.

    Raises:
        KsegError: if the model cannot be used.
    """
    from kseg.bundle import DESCRIPTION_FILE, read_model

    folder = read_model(run)
    if out is None:
        lies = Path(folder.files.label(DESCRIPTION_FILE)).parent
        lies = lies if lies.name else lies.absolute()
        out = (
            run.with_suffix(f".{form}") if run.is_file() else lies.with_name(f"{lies.name}.{form}")
        )
    if out.suffix != f".{form}":
        raise typer.BadParameter(f"must end in .{form}. Received: {out}", param_hint="--out")
    if form == "zip":
        from kseg.export import write_archive

        write_archive(folder, out)
    else:
        from kseg.cli._quiet import import_tensorflow

        import_tensorflow()
        from kseg.export import write_keras

        write_keras(folder, out, allow_plugins=allow_plugins or ())
    for line in _told(folder.description, form, out):
        typer.echo(line)


def _told(description, form: str, out: Path) -> list[str]:
    """Return what to know about the file."""
    from kseg.bundle import NOTICE

    lines = [f"{out} ({out.stat().st_size / 1e6:.1f} MB)"]
    if form == "keras":
        spacing = " x ".join(f"{step:g}" for step in description.preprocess.spacing_mm)
        lines += [
            "  the network alone, without auxiliary heads; model.json says how scans are prepared",
            f"  in    (batch, z, y, x, channel): {_listed(description.channels)}, "
            f"voxels of {spacing} mm (z, y, x)",
            f"  out   {_outputs(description)}",
            "  open  import kseg.parts, then keras.saving.load_model",
        ]
    return [*lines, NOTICE]


def _outputs(description) -> str:
    """Return what the network gives for each voxel."""
    if description.regions is None:
        return f"logits of {_listed(description.label_names)}"
    return f"one logit a region, present above 0: {_listed(description.regions.names)}"


def _listed(names) -> str:
    """Return names for a terminal, which a stranger's control characters must not reach."""
    return ", ".join(repr(name)[1:-1] for name in names)
