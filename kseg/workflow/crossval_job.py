"""What a cross-validation does in processes of their own: train a fold, try a recipe's parts."""

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kseg.dataset import open_recipe_data
from kseg.errors import KsegError
from kseg.recipe import LoadedRecipe
from kseg.workflow.components import check_components
from kseg.workflow.machine import use_threads
from kseg.workflow.train import train
from kseg.workflow.trial import try_parts


@dataclass(frozen=True)
class FoldEnd:
    """What the process of a fold ended with; its scores lie in its folder.

    Args:
        steps: int, steps trained.
        seconds: float, time of the training over all sittings.
        accepted: tuple of str, what its training went on with although it had changed.
    """

    steps: int
    seconds: float
    accepted: tuple[str, ...] = ()


def train_fold(
    loaded: LoadedRecipe,
    folder: Path,
    work: Path,
    write_report: Callable[[Path], Path] | None,
    accept_changes: bool,
    deterministic: bool,
) -> FoldEnd:
    """Train one fold as `kseg fit` does; what that says is printed.

    Args:
        loaded: `LoadedRecipe` of the fold.
        folder: its run folder.
        work: folder for caches and the phantom.
        write_report: function of the run folder that writes its page, or None.
        accept_changes: bool, go on although recipe, data or kseg have changed.
        deterministic: bool, use only operations that repeat bit for bit.

    Returns:
        `FoldEnd`.

    Raises:
        Exception: whatever ended the training, printed before.
    """
    try:
        result = train(
            loaded,
            folder,
            work,
            print,
            None,
            write_report,
            accept_changes=accept_changes,
            deterministic=deterministic,
            under_driver=True,
        )
    except KsegError as error:
        sys.stderr.write(f"kseg: {error}\n")
        raise
    except Exception:
        # The log of the fold is all that is left of this process.
        traceback.print_exc()
        raise
    state = result.state
    accepted = tuple(
        f"from step {entry['step']} on: {'; '.join(entry['changes'])}" for entry in state.accepted
    )
    return FoldEnd(state.step, state.elapsed_seconds, accepted)


def try_recipe(loaded: LoadedRecipe, work: Path) -> None:
    """Try every part of other packages that a recipe names, on next to nothing.

    Args:
        loaded: `LoadedRecipe`.
        work: folder for caches and the phantom.

    Raises:
        RecipeError: naming the part and where it comes from.
    """
    use_threads(loaded.recipe.fit.threads)
    check_components(loaded.recipe, print)
    section = loaded.recipe.data.model_copy(update={"fold": "all"})
    try_parts(loaded.recipe, open_recipe_data(section, loaded.data_root, work).dataset)
