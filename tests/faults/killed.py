"""A program: whole runs in processes of their own, each killed by SIGKILL before its k-th step.

Importing TensorFlow takes seconds, so it is imported once and every run is a fork; TensorFlow has
not begun to compute by then, and has no thread that a fork would lose.
"""

import json
import os
import signal
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from kseg.storage import disk  # noqa: E402
from kseg.workflow import job  # noqa: E402
from tests.faults.faulty_disk import STEPS  # noqa: E402
from tests.faults.whole_run import sit, untraced_streams  # noqa: E402


def count_steps(kill_at: int) -> list[str]:
    """Count the steps of this process on the real disk, and kill it before one of them."""
    done: list[str] = []

    def counted(name, real):
        def step(*arguments):
            done.append(name)
            if len(done) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return step

    for name in STEPS:
        setattr(disk, name, counted(name, getattr(disk, name)))
    return done


def run(recipe: Path, folder: Path, kill_at: int) -> tuple[int, int]:
    """Run in a fork; return how it ended, and the steps it took if it was not killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        steps = count_steps(kill_at)
        try:
            sit(recipe, folder / "run", folder / "work")
            os.write(writer, str(len(steps)).encode())
        finally:
            os._exit(0 if steps and sys.exc_info()[0] is None else 1)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader) as pipe:
        return os.waitstatus_to_exitcode(status), int(pipe.read() or 0)


def main() -> None:
    """Take the recipe, a folder and the number of points; print what became of each."""
    job.make_streams = untraced_streams
    recipe, folder, points = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    code, steps = run(recipe, folder / "undisturbed", 0)
    ends = [(0, code, code)]
    for point in range(points):
        kill_at = 1 + point * (steps - 1) // (points - 1)
        place = folder / str(kill_at)
        ends.append((kill_at, run(recipe, place, kill_at)[0], run(recipe, place, 0)[0]))
    print(json.dumps({"steps": steps, "ends": ends}))  # noqa: T201


if __name__ == "__main__":
    main()
