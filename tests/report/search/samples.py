"""Folders of searches as `kseg tune` writes them: every score from one formula, so all is known."""

import csv
import json
import math
from pathlib import Path

import numpy as np

EVIL = "<script>alert(1)</script>"
SPACE = {
    "model.depth": {"int": [3, 5]},
    "optimizer.learning_rate": {"float": [0.0001, 0.1], "scale": "log"},
    "schedule.name": {"choice": ["poly", "cosine", "exponential"]},
    "schedule.decay_rate": {"float": [0.5, 0.99], "when": {"schedule.name": "exponential"}},
    "augment.flip.enabled": {"bool": True},
    "patches.foreground": {"float": [0.0, 1.0]},
}
BASE = {
    "model.depth": 4,
    "optimizer.learning_rate": 0.004,
    "schedule.name": "poly",
    "augment.flip.enabled": True,
    "patches.foreground": 0.33,
}
FIXED = ("trial", "status", "score", "reason", "continues", "share_from", "share_to")
METRICS = (
    "val_dice", "val_dice_anterior", "val_dice_posterior", "loss", "steps", "seconds",
    "seconds_per_scan", "memory_gib", "parameters",
)  # fmt: skip
STEPS = 2700
OOM = "the network needs 9.1 GiB and the limit is 8 GiB"


def record(**changes):
    """Content of `search.json`."""
    return {
        "format": 1,
        "name": "hippocampus",
        "oracle": "hyperband",
        "objective": {"metrics": {"val_dice": 1.0}, "direction": "max"},
        "seed": 1,
        "space": SPACE,
        "base": BASE,
        "phantom": False,
        "data": "hippocampus (260 cases: 208 train, 52 validate)",
        "budget_seconds": 2400.0,
        "spent_seconds": 2287.0,
        "kseg": "0.1.0",
        "ended": "the budget is spent",
    } | changes


def draw_values(generator):
    """Values of every key of the space; None where one is inactive."""
    values = {
        "model.depth": int(generator.integers(3, 6)),
        "optimizer.learning_rate": float(10 ** generator.uniform(-4, -1)),
        "schedule.name": str(generator.choice(SPACE["schedule.name"]["choice"])),
        "schedule.decay_rate": float(generator.uniform(0.5, 0.99)),
        "augment.flip.enabled": bool(generator.integers(0, 2)),
        "patches.foreground": float(generator.uniform(0, 1)),
    }
    if values["schedule.name"] != "exponential":
        values["schedule.decay_rate"] = None
    return values


def final_dice(values):
    """Dice after the whole training: the formula behind all samples."""
    off = math.log10(values["optimizer.learning_rate"] / 0.006)
    dice = 0.89 - 0.035 * off**2 - 0.02 * abs(values["model.depth"] - 4)
    dice -= 0.03 * (values["schedule.name"] == "cosine")
    return dice - 0.02 * abs(values["patches.foreground"] - 0.5)


def dice_at(values, share):
    """Dice after a share of the training."""
    return max(0.01, final_dice(values) * (1 - math.exp(-9 * share)))


def measured(values, share_from, share_to):
    """Metrics of a trial that got through."""
    dice, width = dice_at(values, share_to), 2.0 ** values["model.depth"]
    steps = round(STEPS * (share_to - share_from))
    numbers = (
        dice, dice + 0.01, dice - 0.01, 1 - dice, steps, 0.09 * steps, 0.011 * width + dice / 20,
        0.02 * width, 1200 * int(width) ** 3,
    )  # fmt: skip
    return dict(zip(METRICS, numbers, strict=True))


def history(values, until):
    """Rows of `history.csv` up to a share of the training."""
    rows = []
    for epoch in range(1, round(27 * until) + 1):
        share, dice = epoch / 27, dice_at(values, epoch / 27)
        rows.append(
            {
                "epoch": epoch, "step": 100 * epoch, "total_steps": STEPS, "loss": 1 - dice,
                "patch_dice": dice - 0.05, "learning_rate": 0.004 * (1 - share) ** 0.9,
                "val_dice": dice, "val_dice_anterior": dice + 0.01,
                "val_dice_posterior": dice - 0.01, "seconds": 9.0 * epoch,
            }
        )  # fmt: skip
    return rows


def trial(number, values, share_to, share_from=0.0, continues=None, status="completed", reason=""):
    """A row of `trials.csv`; a failed or running one has no score."""
    row = {
        "trial": number, "status": status, "score": None, "reason": reason,
        "continues": continues, "share_from": share_from, "share_to": share_to, **values,
    }  # fmt: skip
    if status in ("completed", "pruned"):
        metrics = measured(values, share_from, share_to)
        row |= {"score": metrics["val_dice"], **metrics}
    return row


def hyperband_trials(values=None):
    """14 trials of 10 configurations: three brackets, 4 promotions, 2 failures."""
    generator = np.random.default_rng(4)
    found = [draw_values(generator) for _ in range(10)]
    for index, forced in (values or {}).items():
        found[index] = found[index] | forced
    rows = [trial(n, found[n], 1 / 9) for n in range(6)]
    rows[2] = trial(2, found[2], 1 / 9, status="failed", reason=OOM)
    rows[5] = trial(5, found[5], 1 / 9, status="failed", reason="the loss became NaN in step 41")
    good = sorted((0, 1, 3, 4), key=lambda n: -rows[n]["score"])
    rows += [trial(6 + n, found[good[n]], 1 / 3, 1 / 9, good[n]) for n in range(2)]
    rows.append(trial(8, found[good[0]], 1.0, 1 / 3, 6))
    rows += [trial(9 + n, found[6 + n], 1 / 3) for n in range(3)]
    top = max(rows[9:12], key=lambda row: row["score"])
    rows.append(trial(12, found[top["trial"] - 3], 1.0, 1 / 3, top["trial"]))
    return [*rows, trial(13, found[9], 1.0)]


def random_trials(count=60):
    """Trials of the whole training each; a tenth is pruned, one diverges, one fails."""
    generator = np.random.default_rng(5)
    rows = []
    for number in range(count):
        values = draw_values(generator)
        if number % 10 == 9:
            reason = "worse than the median of the others at this step"
            rows.append(trial(number, values, 0.4, status="pruned", reason=reason))
        elif number % 25 == 7:
            rows.append(trial(number, values, 1.0, status="failed", reason=OOM))
        else:
            rows.append(trial(number, values, 1.0))
    if count > 3:
        rows[3] |= {"score": 0.013, "val_dice": 0.013}
    return rows


def importance_rows(trials):
    """Rows of `importance.csv`."""
    size = sum(row["score"] is not None for row in trials)
    if not size:
        return []
    effects = (
        ("optimizer.learning_rate", 0.61, "no clear direction", size),
        ("schedule.name", 0.33, "best: poly", size),
        ("model.depth", 0.3, "lower is better", size),
        ("patches.foreground", 0.08, "no clear direction", size),
        ("schedule.decay_rate", 0.05, "higher is better", size // 3),
        ("augment.flip.enabled", 0.01, "no clear direction", size),
    )
    names = ("parameter", "importance", "effect", "trials")
    return [dict(zip(names, row, strict=True)) for row in effects]


def pareto_rows(trials):
    """Rows of `pareto.csv`, worked out by comparing all with all."""
    longest = max((row["share_to"] for row in trials if row["status"] == "completed"), default=0)
    shown = [r for r in trials if r["status"] == "completed" and r["share_to"] == longest]

    def merits(row):
        return row["val_dice"], -row["seconds_per_scan"], -row["memory_gib"]

    def beats(one, other):
        pairs = list(zip(merits(one), merits(other), strict=True))
        return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)

    names = ("trial", "val_dice", "seconds_per_scan", "memory_gib")
    return [
        {name: row[name] for name in names} | {"dominated": any(beats(o, row) for o in shown)}
        for row in shown
    ]


def cell(value):
    """A value as `kseg tune` writes it into a table."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def write_csv(path, rows, names):
    path.parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([[cell(row.get(name)) for name in names] for row in rows])


def write_search(folder, trials=None, **changes):
    """Write the folder of a search; without trials it is that of `hyperband_trials`."""
    folder, content = Path(folder), record(**changes)
    trials = hyperband_trials() if trials is None else trials
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "search.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "recipe.yaml").write_text("kseg: 1\nname: hippocampus\n", encoding="utf-8")
    write_csv(folder / "trials.csv", trials, (*FIXED, *content["space"], *METRICS))
    write_csv(
        folder / "importance.csv",
        importance_rows(trials),
        ("parameter", "importance", "effect", "trials"),
    )
    write_csv(
        folder / "pareto.csv",
        pareto_rows(trials),
        ("trial", "val_dice", "seconds_per_scan", "memory_gib", "dominated"),
    )
    if any(row["status"] == "completed" for row in trials):
        (folder / "best.yaml").write_text("kseg: 1\nname: hippocampus\n", encoding="utf-8")
    first = {}
    for row in trials:
        start = first[row["trial"]] = first.get(row["continues"], row["trial"])
        if row["score"] is None:
            continue
        rows = history({key: row.get(key) for key in SPACE}, row["share_to"])
        write_csv(folder / f"trials/{start:04d}/history.csv", rows, list(rows[0]))
    return folder
