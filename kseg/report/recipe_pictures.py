"""Pictures of the cases that a recipe's data hold, as far as the scans can be found."""

from collections.abc import Callable, Sequence
from pathlib import Path

from kseg.dataset import open_recipe_data
from kseg.errors import KsegError
from kseg.evaluate import LabelScore, evaluated_labels
from kseg.recipe import LoadedRecipe
from kseg.report.case_pictures import CaseFiles, Showing, draw_cases
from kseg.report.content import CasePictures


def recipe_pictures(
    locked: LoadedRecipe,
    scores: Sequence[LabelScore],
    mask_of: Callable[[str], Path],
    work: Path,
    data: Path | None = None,
) -> tuple[tuple[CasePictures, ...], str]:
    """Draw the worst, the median and the best case of those that were judged.

    Args:
        locked: `LoadedRecipe` of a run, with the place of its data.
        scores: `LabelScore`s of all cases.
        mask_of: function of a case's id that returns where its predicted mask would lie.
        work: folder for caches, where the phantom lies.
        data: folder or table of the scans, if it has moved since; None takes the recipe's.

    Returns:
        tuple of `CasePictures`, and why there are none or fewer.
    """
    try:
        opened = open_recipe_data(locked.recipe.data, data or locked.data_root, work)
    except (KsegError, OSError) as error:
        why = error.why if isinstance(error, KsegError) else error.strerror
        return (), f"The scans could not be opened ({why}); give --data DIR to show them."
    cases = {case.id: case for case in opened.dataset.cases}

    def files_of(case: str) -> CaseFiles | None:
        known, mask = cases.get(case), mask_of(case)
        if known is None or not mask.is_file():
            return None
        return CaseFiles(known.images, known.label, mask)

    is_ct = opened.dataset.channels[0].upper() == "CT"
    labels = evaluated_labels(opened.dataset.label_names, opened.dataset.regions)
    showing = Showing(labels, opened.options, is_ct, ignore=opened.options.ignore)
    pictures, problems = draw_cases(scores, files_of, showing)
    return pictures, " ".join(problems)
