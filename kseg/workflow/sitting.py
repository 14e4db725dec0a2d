"""One sitting of a run: begun, or gone on with after it was interrupted or finished."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kseg.fit import Clock, Stop, read_checkpoint
from kseg.recipe import LoadedRecipe, Recipe
from kseg.storage import write_bytes, write_json
from kseg.workflow.changes import data_changes, impossible, recipe_changes, refuse_changes
from kseg.workflow.identity import recipe_identity
from kseg.workflow.log import RunLog
from kseg.workflow.machine import environment_changes, resolve_precision
from kseg.workflow.provenance import write_origins

CHECKPOINTS = "checkpoints"
ENVIRONMENT_FILE = "environment.json"


@dataclass(frozen=True)
class Begun:
    """What a run folder knows of the training in it.

    Args:
        step: int, steps done.
        identity: what must not change.
    """

    step: int
    identity: Mapping[str, object]


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
    """

    folder: Path
    clock: Clock
    log: RunLog
    stop: Stop
    begun: Begun | None
    accept_changes: bool

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

    def accept(self, identity: Mapping[str, object]) -> tuple[str, ...]:
        """Return what the training goes on with although it has changed.

        Args:
            identity: what must not change, recipe and data.

        Returns:
            Sentences; none where nothing has changed.

        Raises:
            RunFolderError: with the list of what changed, unless it may go on all the same.
        """
        if self.begun is None:
            return ()
        before = self.begun.identity
        changes = recipe_changes(before, identity) + data_changes(before, identity)
        reasons = impossible(before, identity)
        refuse_changes(changes, reasons, self.accept_changes, self.folder)
        return tuple(changes)

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


def what_has_begun(folder: Path, log: RunLog) -> Begun | None:
    """Return what a run folder knows of the training in it.

    Args:
        folder: the run folder.
        log: `RunLog`, for checkpoints that are damaged.

    Returns:
        `Begun`, or None where no step is saved yet.
    """
    found = read_checkpoint(folder / CHECKPOINTS, log)
    return None if found is None else Begun(found.state.step, found.identity)


def _read_json(file: Path) -> dict:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else {}
    except (OSError, ValueError):
        return {}
