"""Data sets listed in a table: one row for each case, with its files, subject and split."""

import warnings
from pathlib import Path

import pandas

from kseg.dataset.cases import DataSet
from kseg.dataset.gather import Entry, gather
from kseg.dataset.label_table import read_label_table
from kseg.dataset.manifest import channel_names, read_manifest
from kseg.dataset.problems import Problem, refuse
from kseg.errors import ManifestError
from kseg.words import counted

TABLE_NAMES = ("cases.csv", "cases.tsv")
_LABEL_FILES = ("labels.json", "dataset.json")
_SIDES = ("train", "validation", "test")


def open_table(root: Path, *, incomplete: bool = False) -> DataSet:
    r"""Open a table of cases.

    Args:
        root: a `.csv` or `.tsv` file, or a folder with `cases.csv` or `cases.tsv`. Columns are
            `id`; `image`, or one `image_CHANNEL` for each channel; and optionally `label`,
            `subject` and `split` ("train", "validation", "test", or the number of a fold). Paths
            are relative to the table's folder. A row without a label is an unlabelled case.
            Label names stand in `labels.json` or `dataset.json` beside the table, as
            `{"labels": {"0": "background", "1": "liver"}}`; with one `image` column, the names of
            its channels stand there too, as `"channel_names": {"0": "CT"}`.
        incomplete: bool, go on although files are missing; see `gather`.

    Returns:
        DataSet.

    Raises:
        ManifestError: if the table or the files it names cannot be used.
    """
    path = table_file(Path(root))
    table = _read(path)
    image_columns = _image_columns(table, path)
    declared = _declarations(path)
    labels = read_label_table(declared, path.parent)
    if image_columns == ["image"]:
        given = declared.get("channel_names", declared.get("modality"))
        channels = channel_names(given, path.parent)
    else:
        channels = tuple(name.removeprefix("image_") for name in image_columns)
    entries = _entries(table, image_columns, path)
    cases, findings = gather(entries, path.parent, path, incomplete=incomplete)
    return DataSet(
        name=str(declared.get("name") or path.resolve().parent.name),
        source="table",
        root=path,
        cases=tuple(case for case in cases if case.label is not None),
        label_names=labels.names,
        channels=channels,
        phantom=declared.get("synthetic") is True,
        unlabelled=tuple(case for case in cases if case.label is None),
        findings=findings,
        regions=labels.regions,
        ignore=labels.ignore,
    )


def table_file(root: Path) -> Path:
    """Return the table that a path stands for.

    Args:
        root: a table, or a folder that holds one.

    Returns:
        path of the table.

    Raises:
        ManifestError: if the folder holds no table, or two.
    """
    if not root.is_dir():
        return root
    found = [root / name for name in TABLE_NAMES if (root / name).is_file()]
    if len(found) != 1:
        raise ManifestError(
            why=f"it must hold one table, {' or '.join(TABLE_NAMES)}. Found: {len(found)}.",
            code="KS-E14",
            file=root,
            fix="name the table itself, or add or remove one",
        )
    return found[0]


def _read(path: Path) -> pandas.DataFrame:
    """Read a table with every cell as text: `007` stays `007`."""
    try:
        header = path.read_text("utf-8-sig").partition("\n")[0]
        delimiter = max(",;\t", key=header.count)
        names = [name.strip().strip('"').lower() for name in header.strip("\r").split(delimiter)]
        if len(set(names)) < len(names):
            raise ValueError(f"a column stands twice: {', '.join(names)}")
        with warnings.catch_warnings():
            # A row with more cells than columns would lose some of them.
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            table = pandas.read_csv(
                path,
                sep=delimiter,
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
                skip_blank_lines=False,
                index_col=False,
            )
    except (OSError, ValueError, pandas.errors.ParserWarning) as error:
        raise ManifestError(
            why=f"it must be a table as text, in UTF-8: {error}",
            code="KS-E08",
            file=path,
            fix="save it from the spreadsheet as CSV (UTF-8)",
        ) from error
    table.columns = [_column(str(name)) for name in table.columns]
    table.index = table.index + 2  # lines of the file, after the header
    table = table.apply(lambda column: column.fillna("").str.strip())
    return table[(table != "").any(axis=1)]


def _column(name: str) -> str:
    """Return a column's name in small letters, but a channel in its own: `image_T1`."""
    name = name.strip()
    is_channel = name.lower().startswith("image_")
    return f"image_{name[6:]}" if is_channel else name.lower()


def _image_columns(table: pandas.DataFrame, path: Path) -> list[str]:
    columns = list(table.columns)
    images = [name for name in columns if name == "image" or name.startswith("image_")]
    known = {"id", "subject", "label", "split", *images}
    unknown = [name for name in columns if name not in known]
    if "id" not in columns or not images or ("image" in images and len(images) > 1) or unknown:
        raise ManifestError(
            why="its columns must be id, image (or image_CHANNEL for each channel) and, where "
            f"they are known, label, subject, split. Received: {', '.join(columns)}.",
            code="KS-E08",
            file=path,
            fix="correct the first line of the table"
            + (f"; remove {', '.join(unknown)}" if unknown else ""),
        )
    return images


def _declarations(path: Path) -> dict[str, object]:
    for name in _LABEL_FILES:
        beside = path.parent / name
        if beside.is_file():
            return read_manifest(beside)
    raise ManifestError(
        why=f"the names of the labels must stand beside it in {' or '.join(_LABEL_FILES)}",
        code="KS-E15",
        file=path,
        fix='write labels.json, for example {"labels": {"0": "background", "1": "liver"}, '
        '"channel_names": {"0": "CT"}}',
    )


def _entries(table: pandas.DataFrame, image_columns: list[str], path: Path) -> list[Entry]:
    """Return an Entry for each row; refuse empty cells and splits that cannot be read."""
    problems, entries = [], []
    for line, row in table.iterrows():
        place = f"line {line}"
        empty = [name for name in ("id", *image_columns) if not row[name]]
        if empty:
            why = f"{place}: {', '.join(empty)} must not be empty"
            problems.append(Problem("KS-E08", why, "fill every cell of the case"))
        entries.append(
            Entry(
                place=place,
                id=row["id"],
                images=tuple(row[name] for name in image_columns),
                label=row.get("label") or None,
                subject=row.get("subject") or None,
                split=_side(row.get("split", "")),
            )
        )
    refuse([*problems, *split_problems(entries)], path)
    return entries


def _side(text: str) -> str | None:
    """Return a cell of `split` in one spelling: fold 01 is fold 1."""
    return str(int(text)) if text.isdecimal() else text.lower() or None


def split_problems(entries: list[Entry]):
    """Yield what is wrong with the column `split`: unknown words, mixtures, gaps."""
    split = [entry for entry in entries if entry.split is not None]
    fix = "fill `split` with train, validation and test, or with fold numbers, or leave it empty"
    for entry in split:
        if entry.split not in _SIDES and not entry.split.isdecimal():
            why = f"{entry.place}: split must be {', '.join(_SIDES)} or the number of a fold"
            yield Problem("KS-E10", f"{why}. Received: {entry.split!r}.", fix)
    numbered = [entry for entry in split if entry.split.isdecimal()]
    sides = [entry for entry in split if entry.split in ("train", "validation")]
    if numbered and sides:
        why = f"{numbered[0].place} gives a fold number, {sides[0].place} says {sides[0].split}"
        yield Problem("KS-E10", why, fix)
    gaps = [entry for entry in entries if entry.split is None and entry.label is not None]
    if (numbered or sides) and gaps:
        places = ", ".join(entry.place for entry in gaps[:5])
        told = counted(len(gaps), "labelled case has", "labelled cases have")
        why = f"{told} no split where others have one: {places}"
        yield Problem("KS-E10", why, fix)
