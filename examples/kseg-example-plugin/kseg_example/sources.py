"""Scans that lie in a folder for each patient, as many hospitals hand them out."""

from kseg.dataset import Case, DataSet
from kseg.errors import ManifestError


def open_patients(root, *, image="scan.nii.gz", mask="mask.nii.gz", label="lesion", channel="MRI"):
    """Open a folder that holds a folder for each patient.

    A source is called with `data.root` and `data.source_args` of the recipe, and returns a
    `DataSet`. It need not check the files: kseg looks at ids, names and headers of all that it
    returns, in `kseg check` and before every training.

    Args:
        root: `pathlib.Path`, the folder.
        image: str, name of the scan in each patient's folder.
        mask: str, name of its mask; a patient without one is an unlabelled case.
        label: str, what the value 1 of a mask means.
        channel: str, what the scan shows, such as `"CT"` or `"MRI"`.

    Returns:
        `kseg.dataset.DataSet`.
    """
    folders = sorted(path for path in root.iterdir() if (path / image).is_file())
    if not folders:
        raise ManifestError(
            why=f"no folder in it holds a scan called {image}",
            file=root,
            fix="give the name by data.source_args.image",
            code="EXAMPLE-1",
        )
    cases = [
        Case(
            id=folder.name,
            subject=folder.name,
            images=(folder / image,),
            label=folder / mask if (folder / mask).is_file() else None,
        )
        for folder in folders
    ]
    return DataSet(
        name=root.resolve().name,
        source="patients",
        root=root,
        cases=tuple(case for case in cases if case.label is not None),
        label_names=("background", label),
        channels=(channel,),
        unlabelled=tuple(case for case in cases if case.label is None),
    )
