"""Measure what checkpoints add to the step time of the hippocampus recipe.

Run: python benchmarks/checkpoint_cost.py --data DIR [--epochs 40] [--steps 100]

One training runs its epochs in turn with and without all that makes it durable: the look for a
request to stop after every step, the check that all weights are finite, the checkpoint with its
digests and flushes, and the removal of the oldest one. Its validations are left out. An epoch is
compared with its neighbour, so that other work on the machine meets both alike.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from kseg.fit import Clock, Stop, fit
from kseg.fit.keeper import Keeper
from kseg.recipe import load_recipe
from kseg.workflow.job import make_job, start_network
from kseg.workflow.log import RunLog
from kseg.workflow.machine import resolve_precision, use_precision, use_threads
from kseg.workflow.material import gather_material
from kseg.workflow.outcome import change
from kseg.workflow.sitting import Sitting

# The first pair holds the tracing of the network and the warming of caches.
UNCOUNTED_PAIRS = 1


class Stopwatch(Stop):
    """Takes the time of each epoch, and leaves out what makes every second one durable."""

    def __init__(self, file: Path):
        super().__init__(file)
        self.started = now()
        self.epochs: list[tuple[float, float]] = []
        self.saves: list[tuple[float, float]] = []

    @property
    def is_durable(self) -> bool:
        """Whether the epoch under way is one with checkpoints."""
        return len(self.epochs) % 2 == 1

    def is_asked(self) -> bool:
        """Look for a request where the epoch is durable, and do nothing where it is not."""
        return super().is_asked() if self.is_durable else False

    def save(self, keeper: Keeper, state) -> None:
        """End an epoch: save it where it is durable, and note what it took."""
        started = now()
        # The last is always saved, since the loop goes on from what was saved at its end.
        if self.is_durable or state.finished:
            SAVE(keeper, state)
            self.saves.append(since(started))
        self.epochs.append(since(self.started))
        self.started = now()


def now() -> tuple[float, float]:
    """Return wall-clock seconds, and the CPU seconds of this process."""
    return time.perf_counter(), time.process_time()


def since(then: tuple[float, float]) -> tuple[float, float]:
    """Return the seconds that have passed, on the wall and on the CPU."""
    return tuple(a - b for a, b in zip(now(), then, strict=True))


SAVE = Keeper.save


def run(data: Path, epochs: int, steps: int, work: Path) -> Stopwatch:
    words = [
        f"fit.epochs={epochs}",
        f"fit.steps_per_epoch={steps}",
        "fit.validate_every_epochs=99999",
    ]
    loaded = load_recipe("hippocampus", words, {"data.root": str(data)})
    use_threads(None)
    precision = resolve_precision("auto")
    use_precision(precision)
    recipe = change(loaded.recipe, "fit", precision=precision)
    log = RunLog(None, lambda line: None)
    material = gather_material(loaded, work, log)
    stopwatch = Stopwatch(work / "run" / "stop")
    sitting = Sitting(work / "run", Clock(), log, stopwatch, None, False)
    network = start_network(loaded, recipe, material, sitting)
    job = replace(make_job(recipe, material, network, sitting, lambda: None), validate=None)
    Keeper.save = lambda keeper, state: stopwatch.save(keeper, state)
    fit(job)
    return stopwatch


def tell(stopwatch: Stopwatch, steps: int) -> None:
    without = stopwatch.epochs[2 * UNCOUNTED_PAIRS :: 2]
    durable = stopwatch.epochs[2 * UNCOUNTED_PAIRS + 1 :: 2]
    print(f"{len(durable)} pairs of epochs of {steps} steps; medians")
    for index, what in enumerate(("wall-clock", "CPU")):
        one = [epoch[index] * 1000 / steps for epoch in without]
        other = [epoch[index] * 1000 / steps for epoch in durable]
        pairs = [100 * (b / a - 1) for a, b in zip(one, other, strict=True)]
        saves = [save[index] * 1000 for save in stopwatch.saves[UNCOUNTED_PAIRS:]]
        share = statistics.median(saves) / statistics.median(one) / steps * 100
        fastest = min(saves) / min(one) / steps * 100
        print(
            f"{what}: a step takes {statistics.median(one):.2f} ms without, "
            f"{statistics.median(other):.2f} ms with: {statistics.median(pairs):+.2f} % a pair\n"
            f"  a checkpoint takes {statistics.median(saves):.1f} ms ({min(saves):.1f} to "
            f"{max(saves):.1f}), {share:.2f} % of an epoch, {fastest:.2f} % at the fastest"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="Task04_Hippocampus")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        tell(run(options.data, options.epochs, options.steps, Path(work)), options.steps)


if __name__ == "__main__":
    main()
