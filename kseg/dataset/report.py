"""Findings of a data set as text for a person and as JSON for a program."""

from collections.abc import Sequence
from dataclasses import asdict

from kseg.dataset.cases import DataSet
from kseg.errors import VolumeError
from kseg.volume import Finding
from kseg.words import counted

_ORDER = ("refuse", "repair", "note")
_WORDS = {"refuse": "refused", "repair": "repaired", "note": "noted"}


def refused(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings for which a data set is refused.

    Args:
        findings: sequence of Finding.

    Returns:
        list of Finding.

    Example:
        >>> refused([Finding("KS-B14", "note", "a.nii.gz", "its spacing is odd", None)])
        []
    """
    return [finding for finding in findings if finding.severity == "refuse"]


def refuse_all(findings: Sequence[Finding]) -> None:
    """Raise one error that tells every refusal; do nothing where there is none.

    Args:
        findings: sequence of Finding.

    Raises:
        VolumeError: if one of them is a refusal; with several, its code is that of the first.

    Example:
        >>> refuse_all([Finding("KS-B14", "note", "a.nii.gz", "its spacing is odd", None)])
    """
    found = refused(findings)
    if len(found) == 1:
        raise found[0].as_error()
    if found:
        lines = [f"{len(found)} files or cases are refused:"]
        for finding in found:
            lines.append(f"    - {finding.file}: {finding.why}  [{finding.code}]")
            lines += [] if finding.fix is None else [f"      fix   {finding.fix}"]
        raise VolumeError(why="\n".join(lines), code=found[0].code)


def as_text(dataset: DataSet | None, findings: Sequence[Finding], *, full: bool) -> str:
    """Return all findings grouped by severity and code, and a summary line.

    Args:
        dataset: DataSet, or None where it could not be opened.
        findings: sequence of Finding.
        full: bool, whether the voxels were read.

    Returns:
        str of several lines.
    """
    lines = []
    for finding in sorted(findings, key=lambda f: (_ORDER.index(f.severity), f.code)):
        lines.append(f"{_WORDS[finding.severity]}  {finding.file}  [{finding.code}]")
        lines.append(f"  why   {finding.why}")
        lines += [] if finding.fix is None else [f"  fix   {finding.fix}"]
    counts = {name: sum(f.severity == name for f in findings) for name in _ORDER}
    told = ", ".join(f"{counts[name]} {_WORDS[name]}" for name in _ORDER)
    depth = "headers and voxels" if full else "headers; --full reads the voxels too"
    if dataset is not None:
        kind = " (phantom: synthetic scans)" if dataset.phantom else ""
        cases = len(dataset.cases) + len(dataset.unlabelled)
        lines.append(f"{dataset.name}{kind}: {counted(cases, 'case')} checked ({depth}): {told}")
    else:
        lines.append(f"the data set cannot be opened: {told}")
    return "\n".join(lines)


def as_json(
    dataset: DataSet | None, findings: Sequence[Finding], *, full: bool
) -> dict[str, object]:
    """Return the content of `check.json`.

    Args:
        dataset: DataSet, or None where it could not be opened.
        findings: sequence of Finding.
        full: bool, whether the voxels were read.

    Returns:
        dict that can be written as JSON.
    """
    content: dict[str, object] = {"full": full, "refused": len(refused(findings))}
    if dataset is not None:
        content |= {
            "dataset": dataset.name,
            "source": dataset.source,
            "phantom": dataset.phantom,
            "cases": len(dataset.cases),
            "unlabelled": len(dataset.unlabelled),
            "label_names": list(dataset.label_names),
            "regions": None if dataset.regions is None else dataset.regions.to_dict(),
            "channels": list(dataset.channels),
        }
    return content | {"findings": [asdict(finding) for finding in findings]}
