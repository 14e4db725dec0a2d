"""Folds that are trained in a moment, and an engine that runs them in this process."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kseg.dataset import open_recipe_data
from kseg.evaluate import LabelScore, write_tables
from kseg.recipe import load_recipe
from kseg.workflow import FoldOptions, cross_validate
from kseg.workflow.crossval_check import open_whole
from kseg.workflow.crossval_folds import Crossval, plan_folds
from kseg.workflow.crossval_job import FoldEnd, train_fold
from kseg.workflow.judging import judging
from tests.workflow.tiny import write_data, write_recipe

LABELS = ("organ", "lesion")


class HereEngine:
    """Runs each job at once, in this process."""

    def __init__(self, workers=1):
        self.workers = workers
        self.logs = []

    def submit(self, function, *arguments, log=None, seconds=None):
        future = Future()
        self.logs.append(log)
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()


def scores_of(cases, seed=0, labels=LABELS):
    """Return scores as they may come: a label that a case lacks, a distance without an end."""
    generator = np.random.default_rng(seed)
    scores = []
    for number, case in enumerate(cases):
        for label in labels:
            blank = label == "lesion" and number % 3 == 2
            dice, far = float(generator.uniform(0.2, 1)), float(generator.uniform(0, 9))
            values = {} if blank else {"dice": dice, "nsd": dice, "hd95_mm": far}
            scores.append(LabelScore(case, f"p_{case}", label, **values))
    return scores


@dataclass
class Trainings:
    """Takes the place of `train_fold`: writes scores, or ends as it was told to.

    Args:
        acts: for a fold a function that is called instead, given the fold's folder.
        calls: the folds that were trained, and how.
    """

    acts: dict = field(default_factory=dict)
    calls: list = field(default_factory=list)

    def __call__(self, loaded, folder, work, write_report, accept_changes, deterministic):
        number = loaded.recipe.data.fold
        self.calls.append((number, accept_changes, deterministic))
        if number in self.acts:
            self.acts[number](folder)
        split = open_recipe_data(loaded.recipe.data, loaded.data_root, work).split
        cases = [case.id for case in split.validation]
        write_tables(folder / "validation", scores_of(cases, seed=number), phantom=True)
        return FoldEnd(steps=100 + number, seconds=60.0 * (number + 1))


def fail_by(error):
    """Return a function that fails whatever it is given."""

    def fail(folder):
        raise error

    return fail


class Tiny:
    """A recipe, its scans, and cross-validations of it whose folds are trained by `trainings`."""

    def __init__(self, root: Path, monkeypatch, cases=6, **extra):
        self.root, self.out = root, root / "cv"
        self.recipe = write_recipe(root)
        self.data = write_data(root / "data", synthetic=True, cases=cases, **extra)
        self.trainings, self.engine, self.told = Trainings(), HereEngine(), []
        monkeypatch.setattr("kseg.workflow.crossval.train_fold", self.trainings)
        monkeypatch.setattr("kseg.workflow.crossval.open_engine", lambda *words: self.engine)

    def load(self, *overrides):
        return load_recipe(self.recipe, overrides, {"data.root": str(self.data)})

    def cross_validate(self, *overrides, **options):
        self.told.clear()
        return cross_validate(
            self.load(*overrides),
            self.out,
            FoldOptions(self.root / "work", **options),
            self.told.append,
        )


def train_crossval(root: Path, monkeypatch, *overrides, write_report=None):
    """Train all folds of the tiny recipe in this process; return the root's `Tiny`."""
    tiny = Tiny(root, monkeypatch)
    monkeypatch.setattr("kseg.workflow.crossval.train_fold", train_fold)
    tiny.cross_validate(*overrides, write_report=write_report)
    return tiny


def planned(root: Path, *overrides, out="cv", **extra) -> Crossval:
    """Return a cross-validation of the tiny recipe, before any of its folds begins."""
    data = root / "data"
    if not data.exists():
        write_data(data, synthetic=True, **extra)
    loaded = load_recipe(write_recipe(root), overrides, {"data.root": str(data)})
    opened = open_whole(loaded, root / "work")
    dataset = opened.dataset
    return Crossval(
        loaded,
        root / out,
        dataset,
        tuple(case.id for case in opened.split.train),
        judging(loaded.recipe.evaluate, dataset.targets, loaded.path),
        plan_folds(loaded, dataset, root / out),
    )
