"""Data sets read by other packages, which are trusted no more than any manifest."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kseg.dataset.cases import Case, DataSet
from kseg.dataset.gather import Entry, gather
from kseg.dataset.manifest import channel_names, label_names
from kseg.dataset.problems import Problem, refuse
from kseg.dataset.regions import make_regions
from kseg.dataset.sources.table import split_problems
from kseg.errors import KsegError, ManifestError
from kseg.plugins import Component, bind_arguments, find_component


def open_plugged(
    source: str, root: Path, arguments: Mapping[str, object], *, incomplete: bool = False
) -> DataSet:
    """Open a data set by a source of another package.

    A source is a function (or class) that is called with the folder or table and the arguments of
    the recipe, and returns a `kseg.dataset.DataSet`: cases with their files, the names of labels
    by value with `"background"` first, and the names of channels. What it returns is checked as a
    manifest is: ids, files, subjects and split.

    Args:
        source: str, name of the component, or `package.module:function`.
        root: folder or table.
        arguments: mapping of further arguments.
        incomplete: bool, go on although files are missing; see `gather`.

    Returns:
        DataSet, its `source` the component's full name and its `root` the one given.

    Raises:
        RecipeError: if there is no such source, or it does not take the arguments.
        ManifestError: with every problem of what it returned, or if its code fails.
    """
    component = find_component("sources", source)
    bind_arguments(component, arguments, given=1)
    try:
        dataset = component.load()(root, **arguments)
    except KsegError:
        raise
    except Exception as error:
        # Other people's code may fail in any way; the person must learn whose it was.
        raise _failed(component, root, f"failed with {type(error).__name__}: {error}") from error
    if not isinstance(dataset, DataSet):
        kind = type(dataset).__name__
        raise _failed(component, root, f"must return a kseg.dataset.DataSet. Received: {kind}")
    return _checked(dataset, component, root, incomplete)


def _checked(dataset: DataSet, component: Component, root: Path, incomplete: bool) -> DataSet:
    names = label_names({str(n): name for n, name in enumerate(dataset.label_names)}, root)
    if dataset.ignore not in (None, len(names)):
        why = f"`ignore` must be the value after the last label. Received: {dataset.ignore}"
        refuse([Problem("KS-E15", why, "renumber the masks")], root)
    if (found := dataset.regions) is not None:
        make_regions(dict(zip(found.names, found.labels, strict=True)), found.painted, names, root)
    channels = channel_names(list(dataset.channels), root)
    cases = (*dataset.cases, *dataset.unlabelled)
    refuse(list(_misplaced(dataset)), root)
    entries = [_entry(case) for case in cases]
    refuse(list(split_problems(entries)), root)
    home = root if root.is_dir() else root.parent
    cases, findings = gather(entries, home, root, incomplete=incomplete)
    return replace(
        dataset,
        source=component.full_name,
        root=root,
        cases=tuple(case for case in cases if case.label is not None),
        unlabelled=tuple(case for case in cases if case.label is None),
        label_names=names,
        channels=channels,
        findings=(*dataset.findings, *findings),
    )


def _misplaced(dataset: DataSet):
    """Yield the cases that cannot be used whatever their files hold."""
    for case in (*dataset.cases, *dataset.unlabelled):
        if not isinstance(case, Case) or not case.images:
            why = f"each case must be a kseg.dataset.Case with an image. Received: {case!r:.80}"
            yield Problem("KS-E13", why, "mend the source")
    for case in dataset.cases:
        if isinstance(case, Case) and case.label is None:
            why = f'the case "{case.id}" stands among the labelled ones and has no mask'
            yield Problem("KS-E05", why, "put it into `unlabelled`")


def _entry(case: Case) -> Entry:
    return Entry(
        place=f'case "{case.id}"',
        id=case.id,
        images=tuple(map(str, case.images)),
        label=None if case.label is None else str(case.label),
        subject=case.subject,
        split=case.split,
    )


def _failed(component: Component, root: Path, reason: str) -> ManifestError:
    return ManifestError(
        why=f"the source `{component.name}` of {component.origin} {reason}",
        code="KS-E20",
        file=root,
        fix="give the folder that it is made for, or mend it",
    )
