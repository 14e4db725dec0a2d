"""Kill a real `kseg fit` at random moments, go on until it is done, and compare every byte.

Run: python benchmarks/kill_fit.py [--kills 50] [--seed 0] [--minutes 60]

A run makes four synthetic scans, caches them, trains a small network for six epochs with
validations and early stopping, writes its model folder, predicts and judges whole cases, and writes
its report. It is killed (SIGKILL) at moments drawn from its start-up and from the time after it;
the same command goes on, is killed again, and so on. When it ends by itself, all that it left is
compared with a run that nobody disturbed, times left out. Prints a table; ends with code 1 if
anything differs or is left over.
"""

import argparse
import csv
import hashlib
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

RECIPE = """\
kseg: 1
name: killed
data: {source: phantom, folds: 4, phantom: {cases: 4}}
preprocess: {spacing_mm: [8, 8, 8]}
patches: {size: [16, 16, 16], batch: 2}
model: {depth: 2, filters: 4, dropout: 0.1, deep_supervision: 1}
schedule: {warmup_steps: 3}
fit: {epochs: 6, steps_per_epoch: 4, validate_every_epochs: 1, patience_epochs: 6, ema: 0.9}
"""
# Then it may end, so that scans are made and cached often enough.
MOST_KILLS_A_RUN = 5
SHARE_IN_START_UP = 0.2  # importing TensorFlow takes about half of such a short run
TIMES = re.compile("seconds|elapsed|time")
# They tell of the sittings and their times; everything else must be equal.
LEFT_OUT = {"log.jsonl", "report.html"}
# The last thing that the log told, and where the run was then.
PHASES = (
    ("report ->", "end"),
    ("validated", "final validation"),
    ("model written", "final validation"),
    ("epoch ", "training"),
    ("training ", "training"),
    ("cases train", "scans and cache"),
    (" thread", "scans and cache"),
)


@dataclass
class Figures:
    """What happened."""

    phases: Counter = field(default_factory=Counter)
    leftovers: int = 0
    runs: int = 0
    differences: list[str] = field(default_factory=list)
    work: float = 0.0  # seconds that a sitting works if nobody kills it, as seen last


def start(folder: Path) -> subprocess.Popen:
    """Start `kseg fit` on the folder's run."""
    command = [sys.executable, "-m", "kseg", "fit", "killed.yaml", "--out", "run", "--work", "work"]
    (folder / "killed.yaml").write_text(RECIPE)
    with (folder / "output.txt").open("ab") as output:
        return subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)


def wait_for_start(process: subprocess.Popen, folder: Path) -> float:
    """Wait until the process holds the folder or has ended; return the seconds that it took."""
    started = time.monotonic()
    lock = folder / "run" / "kseg.lock"
    while process.poll() is None:
        try:
            if json.loads(lock.read_text())["pid"] == process.pid:
                break
        except (OSError, ValueError):
            pass
        time.sleep(0.005)
    return time.monotonic() - started


def kill_after(process: subprocess.Popen, seconds: float) -> bool:
    """Kill the process unless it ends before; return whether it was killed."""
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait() == -signal.SIGKILL


def phase_of(folder: Path, has_started: bool) -> str:
    """Tell by the log where a run was when it was killed."""
    if not has_started:
        return "start-up"
    log = folder / "run" / "log.jsonl"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    for line in reversed(lines):
        for word, phase in PHASES:
            if word in line:
                return phase
    return "start-up"


def temporaries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".kseg-tmp-*")]


def outcome(folder: Path) -> dict[str, str]:
    """Return the digest of every file of a run that is done, and of its cache."""
    newest = max((folder / "run" / "checkpoints").iterdir())
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.parent != folder):
        name = path.relative_to(folder).as_posix()
        if path.name in LEFT_OUT or ("checkpoints" in name and path.parent != newest):
            continue
        content = without_times(path).replace(str(folder).encode(), b"FOLDER")
        name = re.sub(r"generation-\d+", "newest", name)
        found[name] = hashlib.sha256(content).hexdigest()
    return found


def without_times(path: Path) -> bytes:
    if path.name == "history.csv":
        rows = csv.DictReader(path.read_text().splitlines())
        return repr([{k: v for k, v in r.items() if not TIMES.search(k)} for r in rows]).encode()
    if path.name == "record.json":
        record = json.loads(path.read_text())
        record.pop("sha256", None)  # of the record, with its times
        return json.dumps(timeless(record)).encode()
    return path.read_bytes()


def timeless(value):
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if not TIMES.search(k)}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def compare(folder: Path, expected: dict[str, str], figures: Figures) -> None:
    """Compare a run that ended by itself with the undisturbed one."""
    found = outcome(folder)
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            figures.differences.append(f"run {figures.runs}: {name} differs")
    for path in temporaries(folder):
        figures.differences.append(f"run {figures.runs}: {path.name} is left over")


def run_and_kill(
    folder: Path, random_: random.Random, start_up: float, figures: Figures, kills: int
) -> bool:
    """Run once more, and kill it while kills are left; return whether the run is done."""
    process = start(folder)
    has_started = False
    if sum(figures.phases.values()) >= kills:
        was_killed = kill_after(process, 600)
    elif random_.random() < SHARE_IN_START_UP:
        was_killed = kill_after(process, random_.uniform(0, start_up))
    else:
        wait_for_start(process, folder)
        has_started, began = True, time.monotonic()
        was_killed = kill_after(process, random_.uniform(0, figures.work))
        if not was_killed:
            # The machine is quicker than it was, or little was left to do.
            figures.work = (figures.work + time.monotonic() - began) / 2
    if was_killed:
        figures.phases[phase_of(folder, has_started)] += 1
        figures.leftovers += bool(temporaries(folder))
        return False
    if process.returncode != 0:
        told = (folder / "output.txt").read_text(errors="replace")[-2000:]
        figures.differences.append(f"run {figures.runs}: exit code {process.returncode}\n{told}")
    return True


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--minutes", type=float, default=60, help="no more kills after these")
    chosen = options.parse_args()
    began, root = time.monotonic(), Path(tempfile.mkdtemp(prefix="kseg-kill-"))
    undisturbed = root / "undisturbed"
    undisturbed.mkdir()
    process = start(undisturbed)
    start_up = wait_for_start(process, undisturbed)
    process.wait()
    work = time.monotonic() - began - start_up
    if process.returncode != 0:
        print((undisturbed / "output.txt").read_text())
        return 1
    expected = outcome(undisturbed)
    print(f"undisturbed: {start_up:.1f} s to start, {work:.1f} s of work, {len(expected)} files")
    random_, figures, kills = random.Random(chosen.seed), Figures(work=work), chosen.kills
    while sum(figures.phases.values()) < kills and not figures.differences:
        figures.runs += 1
        folder = root / f"run-{figures.runs}"
        folder.mkdir()
        most = min(kills, sum(figures.phases.values()) + MOST_KILLS_A_RUN)
        while not run_and_kill(folder, random_, start_up, figures, most):
            if time.monotonic() - began > 60 * chosen.minutes:
                kills = most = sum(figures.phases.values())
        if not figures.differences:
            compare(folder, expected, figures)
        print(f"run {figures.runs}: {sum(figures.phases.values())} kills so far", flush=True)
    for phase, count in figures.phases.most_common():
        print(f"  {count:4d} killed in {phase}")
    print(
        f"{sum(figures.phases.values())} kills over {figures.runs} runs "
        f"in {(time.monotonic() - began) / 60:.1f} min; {figures.leftovers} left unfinished files,"
        f" all removed by the next run; {len(figures.differences)} differences"
    )
    for difference in figures.differences:
        print(f"DIFFERENT {difference}")
    if figures.differences:
        print(f"what was written lies in {root}")
        return 1
    shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
