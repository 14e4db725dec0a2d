"""One sitting of a run: begun, or gone on with after it was interrupted or finished."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kseg.errors import RunFolderError
from kseg.fit import Clock, Stop, read_standing
from kseg.recipe import LoadedRecipe, Recipe
from kseg.storage import write_bytes, write_json
from kseg.workflow.changes import (
    data_changes,
    impossible,
    judged_otherwise,
    recipe_changes,
    refuse_changes,
)
from kseg.workflow.identity import cases_trained_on, recipe_identity
from kseg.workflow.log import RunLog
from kseg.workflow.machine import environment_changes, resolve_precision
from kseg.workflow.provenance import write_origins

CHECKPOINTS = "checkpoints"
ENVIRONMENT_FILE = "environment.json"
_OUTCOME = ("model/model.json", "history.csv")


@dataclass(frozen=True)
class Begun:
    """What a run folder knows of the training in it.

    Args:
        step: int, steps done.
        identity: what must not change.
        trained_on: digests by the id of each case that any sitting has trained on.
    """

    step: int
    identity: Mapping[str, object]
    trained_on: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Sitting:
    """Where a run writes and what it says, what it goes on from, and how it is stopped.

    Args:
        folder: the run folder.
        clock: `Clock`, started at the first read of data.
        log: `RunLog`.
        stop: `Stop`.
        begun: `Begun`, or None where no step is saved yet.
        accept_changes: bool, whether a training may go on with what has changed.
        refuse_if_taken_over: function that raises where another process holds the folder by now.
    """

    folder: Path
    clock: Clock
    log: RunLog
    stop: Stop
    begun: Begun | None
    accept_changes: bool
    refuse_if_taken_over: Callable[[], object] = lambda: None

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.folder / CHECKPOINTS

    def precision(self, wanted: str) -> str:
        """Return the number format: what `auto` stands for is decided once, at the first step.

        Args:
            wanted: str, `fit.precision` of the recipe.

        Returns:
            `"float32"`, `"bfloat16"` or `"float16"`.
        """
        here = resolve_precision(wanted)
        if self.begun is None or wanted != "auto":
            return here
        begun = str(self.begun.identity["recipe"]["fit.precision"])
        if begun != here:
            self.log(
                f"the training began in {begun} and stays so, though this machine takes {here}"
            )
        return begun

    def check_recipe(self, recipe: Recipe) -> None:
        """Refuse a changed recipe before time is spent on its data.

        Args:
            recipe: `Recipe`, its precision resolved.

        Raises:
            RunFolderError: with the list of what changed.
        """
        if self.begun is not None:
            before, now = self.begun.identity, recipe_identity(recipe)
            changes = recipe_changes(before, now)
            refuse_changes(changes, impossible(before, now), self.accept_changes, self.folder)

    def accept(
        self, identity: Mapping[str, object], images: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        """Return what the training goes on with although it has changed.

        Args:
            identity: what must not change, recipe and data.
            images: digest of the image alone by the id of each case, or None.

        Returns:
            Sentences; none where nothing has changed.

        Raises:
            RunFolderError: with the list of what changed, unless it may go on all the same.
        """
        if self.begun is None:
            return ()
        before = self.begun.identity
        changes = recipe_changes(before, identity) + data_changes(before, identity)
        reasons = impossible(before, identity, self.begun.trained_on, images)
        refuse_changes(changes, reasons, self.accept_changes, self.folder)
        return tuple(changes)

    def judges_otherwise(self, identity: Mapping[str, object]) -> bool:
        """Return whether scores from before are no longer comparable with those from now on.

        Args:
            identity: what must not change, recipe and data.

        Returns:
            bool; False where no step is saved yet.
        """
        return self.begun is not None and judged_otherwise(self.begun.identity, identity)

    def trained_on(self, cases: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return all cases that this and all earlier sittings train on.

        Args:
            cases: digests by the id of each training case of this sitting.

        Returns:
            Dict of lists of digests by id.
        """
        if self.begun is None:
            return cases_trained_on(cases)
        # A checkpoint of an earlier release names only the cases of its last sitting.
        last = {case: [digest] for case, digest in self.begun.identity["train"].items()}
        return cases_trained_on(self.begun.trained_on, last, cases)

    def record(self, loaded: LoadedRecipe, environment: Mapping[str, object]) -> None:
        """Write the recipe and the machine of this sitting to the run folder.

        Args:
            loaded: `LoadedRecipe`.
            environment: what `describe_environment` returned; what differs from the sitting before
                is told, since equal bits are promised on one machine only.
        """
        write_bytes(self.folder / "recipe.yaml", loaded.path.read_bytes())
        write_origins(loaded, self.folder)
        file, earlier = self.folder / ENVIRONMENT_FILE, []
        if self.begun is not None:
            before = _read_json(file)
            earlier = before.get("changes", [])
            changes = environment_changes(before, environment) if before else []
            if changes:
                told = "; ".join(changes)
                self.log(
                    f"the machine is not set up as before ({told}): equal bits are not promised"
                )
                earlier = [*earlier, f"from step {self.begun.step} on {told}"]
        write_json(file, {**environment, "changes": earlier} if earlier else environment)


def what_has_begun(folder: Path) -> Begun | None:
    """Return what a run folder knows of the training in it, by the record of its checkpoint.

    Args:
        folder: the run folder.

    Returns:
        `Begun`, or None where no step is saved yet.

    Raises:
        RunFolderError: if a training has ended in it whose checkpoints are gone, or no checkpoint
            can be used.
    """
    found = read_standing(folder / CHECKPOINTS)
    if found is not None:
        state, identity = found
        return Begun(state.step, identity, state.trained_on)
    ended = [name for name in _OUTCOME if (folder / name).is_file()]
    if ended:
        raise RunFolderError(
            why=f"a training has ended in this run folder, as {' and '.join(ended)} "
            f"{'tell' if len(ended) > 1 else 'tells'}, but its folder {CHECKPOINTS} is missing or "
            "holds no checkpoint; a new training would write over its results",
            file=folder,
            fix=f"put its folder {CHECKPOINTS} back to go on with it, or give another folder with "
            "--out",
            code="KS-G10",
        )
    return None


def _read_json(file: Path) -> dict:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else {}
    except (OSError, ValueError):
        return {}
