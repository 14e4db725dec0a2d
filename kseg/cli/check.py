"""`kseg check`: every finding of a data set, with its code."""

from pathlib import Path
from typing import Annotated

import typer

from kseg.cli._options import WORK_FOLDER, Overrides, WorkFolder


def check(
    target: Annotated[
        str, typer.Argument(help="Recipe (file or name), data folder or table.", metavar="TARGET")
    ],
    full: Annotated[bool, typer.Option("--full", help="Read every voxel.")] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder or table for a recipe.")] = None,
    overrides: Overrides = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write check.json to.")] = None,
    work: WorkFolder = WORK_FOLDER,
) -> None:
    """Tell every finding of a data set, each with its code; exit code 4 if any is refused.

    Args:
        target: recipe (file or name), or data folder or table.
        full: bool, read every voxel.
        data: folder or table that takes the place of the recipe's.
        overrides: list of `a.b=value`, for a recipe.
        out: folder to write `check.json` to.
        work: folder for caches and the phantom.

    Raises:
        RecipeError: if the recipe cannot be used.
    """
    from kseg.dataset import check_cases
    from kseg.dataset.report import as_json, as_text, refused
    from kseg.errors import ManifestError
    from kseg.storage import write_json
    from kseg.volume import Finding

    dataset, findings = None, []
    try:
        dataset, split, options = _open(target, data, overrides or [], work)
        cases = (*dataset.cases, *dataset.unlabelled)
        findings += dataset.findings
        found = check_cases(
            cases,
            dataset.label_names,
            dataset.channels,
            full=full,
            options=options,
            split=split,
            regions=dataset.regions,
        )
        # That a file is missing is told by whoever reads the list of cases, and better.
        told = {(finding.code, finding.file) for finding in findings}
        findings += [finding for finding in found if (finding.code, finding.file) not in told]
    except ManifestError as error:
        findings.append(Finding.from_error(error))
    typer.echo(as_text(dataset, findings, full=full))
    if out is not None:
        write_json(out / "check.json", as_json(dataset, findings, full=full))
    if refused(findings):
        raise typer.Exit(ManifestError.exit_code)


def _open(target: str, data: Path | None, overrides: list[str], work: Path):
    """Return the data set, its split and the reading options that a target stands for."""
    from kseg.dataset import ReadOptions, open_dataset, open_recipe_data
    from kseg.recipe import load_recipe

    if Path(target).is_dir() or Path(target).suffix.lower() in (".csv", ".tsv"):
        if data is not None or overrides:
            raise typer.BadParameter("--data and --set belong to a recipe, not to a data folder")
        dataset = open_dataset(target, work=work, incomplete=True)
        return dataset, None, ReadOptions(ignore=dataset.ignore)
    flags = {"data.root": None if data is None else str(data)}
    loaded = load_recipe(target, overrides, flags)
    section = loaded.recipe.data
    opened = open_recipe_data(section, loaded.data_root, work, incomplete=True)
    return opened.dataset, opened.split, opened.options
