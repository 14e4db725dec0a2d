"""Every finding of every case, before any work begins."""

import statistics
from collections.abc import Callable, Sequence

from kseg.dataset.cases import Case
from kseg.dataset.look import Look, look_at_headers, look_at_voxels
from kseg.dataset.options import ReadOptions
from kseg.dataset.regions import Regions
from kseg.dataset.splits import Split
from kseg.volume import Finding

Progress = Callable[[int, int, str], None]
# A spacing this many times the median of its data set was most likely lost and made up.
_ODD_SPACING = 3.0


def check_cases(
    cases: Sequence[Case],
    label_names: Sequence[str],
    channels: Sequence[str],
    *,
    full: bool = False,
    options: ReadOptions = ReadOptions(),
    split: Split | None = None,
    regions: Regions | None = None,
    progress: Progress | None = None,
) -> list[Finding]:
    """Check all cases and return all findings; never stops at the first.

    Args:
        cases: sequence of Case, with masks or without.
        label_names: names of the declared label values.
        channels: names of the declared channels.
        full: bool, read every voxel: damage, NaN, values that are not declared, copies. Headers
            alone take milliseconds a case, voxels a second.
        options: ReadOptions.
        split: Split; with it, copies and missing labels are judged by its two sides.
        regions: Regions that are learned in place of the labels, or None.
        progress: function of (cases done, cases in all, case id).

    Returns:
        list of Finding, in order of the cases; those about several cases at the end.
    """
    looks = []
    for done, case in enumerate(cases, start=1):
        if full:
            looks.append(look_at_voxels(case, len(channels), label_names, options))
        else:
            looks.append(look_at_headers(case, len(channels), options))
        if progress is not None:
            progress(done, len(cases), case.id)
    findings = [finding for look in looks for finding in look.findings]
    findings += odd_spacings(looks)
    if full:
        findings += [*copies(looks, split), *absent_labels(looks, label_names, split, regions)]
    return findings


def odd_spacings(looks: Sequence[Look]) -> list[Finding]:
    """Note B14: spacings far from the median of the data set.

    Args:
        looks: sequence of Look.

    Returns:
        list of Finding.
    """
    seen = [look for look in looks if look.spacing_mm is not None]
    medians = [statistics.median(axis) for axis in zip(*(s.spacing_mm for s in seen), strict=True)]
    findings = []
    for look in seen:
        for name, spacing, median in zip("zyx", look.spacing_mm, medians, strict=True):
            if max(spacing / median, median / spacing) > _ODD_SPACING:
                why = (
                    f"its spacing along {name} is {spacing:.4g} mm, the median of the data set "
                    f"is {median:.4g} mm"
                )
                fix = "make sure that the header's spacing is the scanner's"
                file = str(look.case.images[0])
                findings.append(Finding("KS-B14", "note", file, why, fix))
    return findings


def copies(looks: Sequence[Look], split: Split | None) -> list[Finding]:
    """Find E02: the same voxels under two ids.

    A copy is refused where it stands, or without a split might stand, on both sides: then the
    validation judges what was trained on. Copies within one side are noted.

    Args:
        looks: sequence of Look, with digests.
        split: Split or None.

    Returns:
        list of Finding.
    """
    sides = _sides(split)
    groups: dict[str, list[Case]] = {}
    for look in looks:
        if look.image_digest is not None:
            groups.setdefault(look.image_digest, []).append(look.case)
    findings = []
    for group in groups.values():
        if len(group) < 2:
            continue
        labelled = [case for case in group if case.label is not None]
        apart = {sides[case.id] for case in labelled if case.id in sides}
        if split is None:
            apart = {case.subject for case in labelled}
        ids = ", ".join(f'"{case.id}"' for case in group)
        where = " in training and validation" if split is not None and len(apart) > 1 else ""
        why = f"the cases {ids} hold the same voxels{where}"
        severity = "refuse" if len(apart) > 1 else "note"
        fix = "remove the copies, or give them one `subject`"
        findings.append(Finding("KS-E02", severity, str(group[0].images[0]), why, fix))
    return findings


def absent_labels(
    looks: Sequence[Look],
    label_names: Sequence[str],
    split: Split | None,
    regions: Regions | None = None,
) -> list[Finding]:
    """Find C06: declared labels, or regions, without a voxel in all training cases.

    Args:
        looks: sequence of Look, with label values.
        label_names: names of the declared label values.
        split: Split or None; without one, all labelled cases are looked at.
        regions: Regions that are learned in place of the labels, or None.

    Returns:
        list of Finding.
    """
    wanted = [(f'label {value} "{name}"', {value}) for value, name in enumerate(label_names)][1:]
    if regions is not None:
        parts = zip(regions.names, regions.labels, strict=True)
        wanted = [(f'region "{name}"', set(labels)) for name, labels in parts]
    sides = _sides(split)
    train = [look for look in looks if split is None or sides.get(look.case.id) == "train"]
    seen = [look.label_values for look in train if look.label_values is not None]
    if not seen or len(seen) < sum(look.case.label is not None for look in train):
        return []  # a mask that cannot be read may hold what is missing
    present = frozenset().union(*seen)
    return [
        Finding(
            "KS-C06",
            "refuse",
            str(train[0].case.label.parent),
            f"the {what} has no voxel in the {len(seen)} training cases",
            "add cases that show it, or take it out of the declared labels",
        )
        for what, values in wanted
        if not values & present
    ]


def _sides(split: Split | None) -> dict[str, str]:
    if split is None:
        return {}
    sides = {case.id: "train" for case in split.train}
    return sides | {case.id: "validation" for case in split.validation}
