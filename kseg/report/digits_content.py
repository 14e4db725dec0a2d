"""From the run folder of a training on digits to what its page tells."""

import json
from collections.abc import Mapping

from kseg.errors import RunFolderError
from kseg.evaluate import SUMMARY_FILE
from kseg.report.content import Fact
from kseg.report.run_files import RunFiles

LAYOUT = "digits"


def are_digits(files: RunFiles) -> bool:
    """Return whether a run learned digits, which are named whole and have no mask.

    Args:
        files: `RunFiles`.

    Returns:
        bool.
    """
    return files.data is not None and files.data.layout == LAYOUT


def digits_lead(files: RunFiles) -> str:
    """Return how well digits were named, as one sentence.

    Args:
        files: `RunFiles` of a training on digits that is finished.

    Returns:
        str.

    Raises:
        RunFolderError: if `validation/summary.json` is damaged.
    """
    share = _summary(files)["accuracy"]
    return (
        f"A network trained on {files.data.name}: it names {share['mean']:.2%} of "
        f"{share['cases']:,} test digits rightly (95 % interval {share['low']:.2%} to "
        f"{share['high']:.2%})."
    )


def digits_facts(files: RunFiles) -> tuple[Fact, ...]:
    """Return what was trained on what, and the share of each digit that was named rightly.

    Args:
        files: `RunFiles` of a training on digits.

    Returns:
        tuple of `Fact`.

    Raises:
        RunFolderError: if `validation/summary.json` is damaged.
    """
    data = files.data
    facts = [
        Fact("Data", f"{data.name}, pictures of single digits"),
        Fact("Trained on", f"{len(data.train):,} digits"),
        Fact("Validated on", f"{len(data.validation):,} digits"),
    ]
    if files.locked is not None:
        for name, share in _summary(files)["digits"].items():
            if share["cases"]:
                reach = f"{share['low']:.2%} to {share['high']:.2%}, {share['cases']:,} digits"
                facts.append(Fact(f"Named rightly: {name}", f"{share['mean']:.2%} ({reach})"))
    return tuple(facts)


def _summary(files: RunFiles) -> Mapping:
    path = files.folder / "validation" / SUMMARY_FILE
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        for share in (summary["accuracy"], *summary["digits"].values()):
            if share["cases"]:
                [float(share[key]) for key in ("mean", "low", "high")]
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunFolderError(
            why=f"it cannot be read: {type(error).__name__}: {error}",
            file=path,
            fix="run the same `kseg fit` again, which writes it anew",
            code="KS-V11",
        ) from error
    return summary
