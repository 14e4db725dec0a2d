"""Cases and data sets: which files belong together, and what their values mean."""

from dataclasses import dataclass
from pathlib import Path

from kseg.dataset.regions import Regions
from kseg.volume import Finding


@dataclass(frozen=True)
class Case:
    """One scan, with its mask where there is one.

    Args:
        id: str of letters, digits, `.`, `_` and `-`; names the case in every table.
        subject: str, the person; a split never divides a subject.
        images: one 3-D or 4-D file, or one 3-D file for each channel.
        label: file of the mask, or None.
        split: str, where the data set itself fixes it: "train", "validation", "test" or the
            number of a fold.

    Example:
        >>> Case("a", "person_1", (Path("a.nii.gz"),), None).split is None
        True
    """

    id: str
    subject: str
    images: tuple[Path, ...]
    label: Path | None
    split: str | None = None


@dataclass(frozen=True)
class DataSet:
    """All cases of one data set, and what its channels and label values mean.

    Args:
        name: str.
        source: str, the layout it was read as: "msd", "nnunet", "table" or "phantom".
        root: folder or table that it was read from.
        cases: the labelled cases, in order of their ids.
        label_names: names by label value; value 0 is "background".
        channels: names of the image channels, such as "CT".
        phantom: bool, True where the scans are synthetic.
        unlabelled: cases without a mask, in order of their ids.
        findings: what was noticed and is no reason to refuse, or the files that are missing where
            the data set was opened `incomplete`.
        value_names: names by value in the mask files, where a recipe has joined these labels into
            others; else empty.
        regions: `Regions` to learn in place of the labels, or None.
        ignore: the value of voxels that nobody has labelled, the one after the last label; or None.

    Example:
        >>> labels = ("background", "liver")
        >>> DataSet("demo", "msd", Path("demo"), (), labels, ("CT",)).phantom
        False
    """

    name: str
    source: str
    root: Path
    cases: tuple[Case, ...]
    label_names: tuple[str, ...]
    channels: tuple[str, ...]
    phantom: bool = False
    unlabelled: tuple[Case, ...] = ()
    findings: tuple[Finding, ...] = ()
    value_names: tuple[str, ...] = ()
    regions: Regions | None = None
    ignore: int | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of what is learned and judged: the regions, or the labels but the background."""
        return self.label_names[1:] if self.regions is None else self.regions.names

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all labels and regions, for what goes by names: left and right."""
        return tuple(dict.fromkeys((*self.label_names, *self.targets)))

    @property
    def outputs(self) -> int:
        """Channels of the network's logits: one a region, or one a label with the background."""
        return len(self.label_names if self.regions is None else self.regions.names)
