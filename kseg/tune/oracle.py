"""KerasTuner's oracles, asked and told; what they remember is rebuilt from kseg's own records."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import keras_tuner
from keras_tuner import oracles

from kseg.errors import KsegError
from kseg.recipe import TuneSection
from kseg.storage import sha256_bytes
from kseg.tune.space import Space, hyperparameters, values_of, within

# KerasTuner would end a search after three failures in a row; kseg counts them itself.
_NEVER = 10**9
# It takes a space for exhausted after 20 draws that were there before, with half of it untried.
_MOST_COLLISIONS = 1000
_OBJECTIVE = "score"
# What an oracle changes even where it proposes nothing.
_WALK = ("_seed_state", "_brackets", "_current_bracket", "_current_iteration", "_populate_next")
# The last digits of what a fit of a Gaussian process gives depend on the machine.
_LAST_DIGITS = 1e-6


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
        """Return the next trial, or None where there is none before others have ended, or ever."""

    def tell(self, trial: int, score: float | None) -> None:
        """Take the score of a trial by its number in the order of asking; None if it failed."""

    def adopt(self, values: Mapping[str, object]) -> bool:
        """Take values that were recorded for the newest trial in place of those proposed now.

        Return whether they are the same but for their last digits, so that this is sound.
        """


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

    def ask(self) -> Proposal | None:
        """Return the next trial, or None where there is none, or none before others have ended.

        Returns:
            `Proposal` or None.
        """
        oracle = self._oracle
        before = {
            name: copy.deepcopy(getattr(oracle, name)) for name in _WALK if name in vars(oracle)
        }
        # Each trial is asked for under a name of its own: KerasTuner hands a name its last trial
        # again until that has ended.
        trial = oracle.create_trial(f"asker-{len(self._trials)}")
        if trial.status != "RUNNING":
            # As if it had not been asked, or what it proposes later would depend on how often it
            # was, which no record tells.
            vars(oracle).update(before)
            return None
        self._trials.append(trial)
        return self._proposal(trial)

    def _proposal(self, trial) -> Proposal:
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

    def adopt(self, values: Mapping[str, object]) -> bool:
        """Take recorded values for the newest trial in place of those proposed now.

        Args:
            values: values in the oracle's own words.

        Returns:
            bool, whether they are the same but for their last digits; nothing is changed else.
        """
        trial = self._trials[-1]
        proposed = trial.hyperparameters.values
        if proposed.keys() != values.keys() or not all(
            _is_close(proposed[key], values[key]) for key in proposed
        ):
            return False
        trial.hyperparameters.values = dict(values)
        return True


def _is_close(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= _LAST_DIGITS
    return one == other


def _make_oracle(tune: TuneSection, base: Mapping[str, object]) -> keras_tuner.Oracle:
    classes = {
        "random": oracles.RandomSearchOracle,
        "grid": _EagerGrid,
        "bayesian": _CuriousBayesian,
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
        oracle = _remembering(classes[tune.oracle], tune.space, base)(
            objective=keras_tuner.Objective(_OBJECTIVE, direction),
            hyperparameters=hyperparameters(tune.space, base),
            tune_new_entries=False,
            allow_new_entries=False,
            seed=_seed(tune.seed),
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
    oracle._max_collisions = _MOST_COLLISIONS
    return oracle


def _seed(seed: int) -> int:
    """Return a seed far from those of others: KerasTuner counts on from it, and takes 0 as any."""
    return int(sha256_bytes(str(seed).encode())[:12], 16) % (2**32 - 1) + 1


class _EagerGrid(oracles.GridSearchOracle):
    """A grid that does not wait for a trial before it proposes the one after the next.

    KerasTuner waits in case trials bring new keys; here all are declared beforehand.
    """

    def populate_space(self, trial_id):
        answer = super().populate_space(trial_id)
        if answer["status"] == "RUNNING":
            self._populate_next.append(trial_id)
        return answer


class _CuriousBayesian(oracles.BayesianOptimizationOracle):
    """Bayesian search that looks elsewhere where its fit finds the optimum of before again."""

    def populate_space(self, trial_id):
        answer = super().populate_space(trial_id)
        is_known = answer["values"] is not None and self._duplicate(answer["values"])
        return self._random_populate_space() if is_known else answer


def _remembering(kind: type, space: Space, base: Mapping[str, object]) -> type:
    """Return an oracle that writes no files, tries the base first, and no recipe twice."""
    first = within(space, base)

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

        def _compute_values_hash(self, values):
            # Places of a range that are not the same may be the same number, such as a depth of 4.
            return super()._compute_values_hash(values_of(space, values))

    return RememberingOracle
