"""KerasTuner's oracles, asked and told; what they remember is rebuilt from kseg's own records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import keras_tuner
from keras_tuner import oracles

from kseg.errors import KsegError
from kseg.recipe import TuneSection
from kseg.tune.space import hyperparameters, within

# KerasTuner would end a search after three failures in a row; kseg counts them itself.
_NEVER = 10**9
_OBJECTIVE = "score"


@dataclass(frozen=True)
class Proposal:
    """What an oracle wants tried.

    Args:
        values: its values in its own words.
        continues: int, number of the trial whose training it goes on with, or None.
        share_from: float, share of the training that is done in that one.
        share_to: float, share of the training that is to be done at its end.
    """

    values: Mapping[str, object]
    continues: int | None = None
    share_from: float = 0.0
    share_to: float = 1.0


class Study(Protocol):
    """What a search asks of an optimiser of whatever library."""

    def ask(self) -> Proposal | None:
        """Return the next trial, or None where there is none now; see `is_over`."""

    def tell(self, trial: int, score: float | None) -> None:
        """Take the score of a trial by its number in the order of asking; None if it failed."""

    @property
    def is_over(self) -> bool:
        """Whether it has nothing more to propose, whatever it will be told."""


class KerasTunerStudy:
    """One of KerasTuner's oracles, driven by `ask` and `tell` alone.

    It writes no file: KerasTuner's own state takes up a search with another space or objective
    without a word, and is unreadable after a kill in the midst of writing. An oracle is a function
    of its seed and of what it was asked and told in what order, so that `kseg.tune.replay` brings
    it back to where it was.

    A trial that failed is infeasible: hyperband and Bayesian search take it as the worst of all, or
    a bracket would wait for it for ever and the model would look there again.

    Args:
        tune: `TuneSection`.
        base: values of the base recipe by key of the space; the base recipe is the first trial if
            it lies in the space.

    Raises:
        KsegError: if the oracle needs a package that is not installed.
    """

    def __init__(self, tune: TuneSection, base: Mapping[str, object]):
        self._oracle = _make_oracle(tune, base)
        self._worst = float("-inf") if self._oracle.objective.direction == "max" else float("inf")
        self._kind = tune.oracle
        self._trials: list = []
        self._scores: list[float] = []
        self._status = "RUNNING"

    @property
    def is_over(self) -> bool:
        """Whether the oracle has nothing more to propose."""
        return self._status == "STOPPED"

    def ask(self) -> Proposal | None:
        """Return the next trial, or None where there is none, or none before others have ended.

        Returns:
            `Proposal` or None.
        """
        # Each trial is asked for under a name of its own: KerasTuner hands a name its last trial
        # again until that has ended.
        trial = self._oracle.create_trial(f"asker-{len(self._trials)}")
        self._status = str(trial.status)
        if self._status != "RUNNING":
            self._oracle.ongoing_trials.pop(f"asker-{len(self._trials)}", None)
            return None
        self._trials.append(trial)
        values = dict(trial.hyperparameters.values)
        if self._kind != "hyperband":
            return Proposal(values)
        whole = self._oracle.max_epochs
        ids = [known.trial_id for known in self._trials]
        earlier = values.get("tuner/trial_id")
        return Proposal(
            values,
            None if earlier is None else ids.index(earlier),
            values["tuner/initial_epoch"] / whole,
            values["tuner/epochs"] / whole,
        )

    def tell(self, trial: int, score: float | None) -> None:
        """Take the score of a trial.

        Args:
            trial: int, its number in the order of asking.
            score: float, or None if it failed.
        """
        known = self._trials[trial]
        if score is None and self._kind == "hyperband":
            score = self._worst
        elif score is None and self._kind == "bayesian" and self._scores:
            worst = min if self._worst < 0 else max
            score = worst(self._scores)
        elif score is not None:
            self._scores.append(score)
        if score is None:
            known.status = "FAILED"
        else:
            self._oracle.update_trial(known.trial_id, {_OBJECTIVE: score})
            known.status = "COMPLETED"
        self._oracle.end_trial(known)


def _make_oracle(tune: TuneSection, base: Mapping[str, object]) -> keras_tuner.Oracle:
    classes = {
        "random": oracles.RandomSearchOracle,
        "grid": oracles.GridSearchOracle,
        "bayesian": oracles.BayesianOptimizationOracle,
        "hyperband": oracles.HyperbandOracle,
    }
    objective = tune.objective
    direction = "max" if isinstance(objective, dict) else objective.direction
    arguments = {"max_trials": None}
    if tune.oracle == "hyperband":
        arguments = {
            "max_epochs": tune.factor**tune.promotions,
            "factor": tune.factor,
            "hyperband_iterations": tune.iterations,
        }
    try:
        oracle = _remembering(classes[tune.oracle], within(tune.space, base))(
            objective=keras_tuner.Objective(_OBJECTIVE, direction),
            hyperparameters=hyperparameters(tune.space, base),
            tune_new_entries=False,
            allow_new_entries=False,
            # KerasTuner takes 0 for "any".
            seed=tune.seed + 1,
            max_consecutive_failed_trials=_NEVER,
            **arguments,
        )
    except ImportError as error:
        raise KsegError(
            why=f"tune.oracle: bayesian needs scikit-learn, which is not installed ({error})",
            fix="pip install 'kseg[bayesian]', or take random or hyperband",
            code="KS-H01",
        ) from error
    oracle.verbose = 0
    return oracle


def _remembering(kind: type, first: Mapping[str, object] | None) -> type:
    """Return an oracle that writes no files and tries the given values first."""

    class RememberingOracle(kind):
        """An oracle whose memory lies in kseg's records."""

        def _save_trial(self, trial):
            """Write nothing."""

        def save(self):
            """Write nothing."""

        def _random_values(self):
            if first is not None and not self.start_order:
                return dict(first)
            return super()._random_values()

    return RememberingOracle
