"""Section of a recipe about the search for a better one."""

from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationError, WrapValidator

from kseg.recipe.section import (
    Conflict,
    Duration,
    Section,
    Seed,
    Size,
    parse_duration,
    parse_size,
)
from kseg.recipe.sections_objective import Objective, ObjectiveSection, is_another_objective

Scalar = bool | int | float | str
# Lists in lists too, such as a kernel for each level.
Value = Scalar | tuple[Scalar | tuple[Scalar, ...], ...]
# null is a value where a key takes it, such as a clipping of gradients that is off.
Item = Value | None
# Named here: within the class below, `int` and the others are keys of the recipe.
IntRange = tuple[int, int]
FloatRange = tuple[float, float]
Step = Annotated[float | int, Field(gt=0)]
Kind = Literal["int", "float", "choice", "bool"]
MOST_STEPS = 100_000
KINDS: tuple[Kind, ...] = ("int", "float", "choice", "bool")


def _told_as_list(value: object, check: Callable[[object], object]) -> object:
    """Say what a choice is: its schema, read aloud, would offer null in place of the list."""
    try:
        return check(value)
    except ValidationError as error:
        raise ValueError("must be a list of two or more values") from error


Choice = Annotated[tuple[Item, ...], Field(min_length=2), WrapValidator(_told_as_list)]


class ParameterSection(Section):
    """What one key of the recipe may become in a search: exactly one of the four kinds."""

    # So that a choice on the command line takes the place of a range in the file.
    alternatives: ClassVar = KINDS
    not_read_by: ClassVar = dict.fromkeys(("choice", "bool"), ("scale", "step"))

    int: IntRange | None = Field(
        None, examples=[[3, 5]], description="Whole numbers from the first to the second."
    )
    float: FloatRange | None = Field(
        None, examples=[[1e-4, 1e-2]], description="Numbers from the first to the second."
    )
    choice: Choice | None = Field(
        None,
        examples=[["poly", "exponential"]],
        description="One of these values; null among them is off, where the key takes null.",
    )
    bool: Literal[True] | None = Field(None, description="true or false; written `bool: true`.")
    scale: Literal["linear", "log"] = Field(
        "linear", description="log tries as many values from 0.001 to 0.01 as from 0.01 to 0.1."
    )
    step: Step | None = Field(
        None, description="Distance between the values that are tried; null tries all."
    )
    when: dict[str, Item] = Field(
        default_factory=dict,
        examples=[{"schedule.name": "exponential"}],
        description="Other keys of the space and the value at which this one is looked for.",
    )

    @property
    def kind(self) -> Kind:
        """Which of the four kinds it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    def unread_keys(self) -> frozenset[str]:
        """Return the keys that its kind does not read."""
        return frozenset(KINDS) - {self.kind} | set(self.not_read_by.get(self.kind, ()))

    def conflicts(self) -> Iterator[Conflict]:
        """Yield a kind that is missing or given twice, and ranges that hold nothing."""
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            yield Conflict(
                (given[-1],) if given else (),
                "must have exactly one of int, float, choice and bool",
                given or None,
                "For instance {int: [3, 5]} or {choice: [poly, cosine]}.",
            )
            return
        yield from self._range_conflicts(given[0])

    def _range_conflicts(self, kind: str) -> Iterator[Conflict]:
        value = getattr(self, kind)
        if kind in ("int", "float"):
            if value[0] >= value[1]:
                yield Conflict((kind,), "must rise", value, "Write the lower end first.")
            elif self.scale == "log" and value[0] <= 0:
                yield Conflict(
                    (kind,),
                    "must begin above 0 with `scale: log`",
                    value,
                    "Write a small number, or `scale: linear`.",
                    (("scale",),),
                )
            if self.step is not None and (
                self.scale == "log" or self.step > (value[1] - value[0]) * (1 + 1e-9)
            ):
                yield Conflict(
                    ("step",),
                    "must not exceed the range, and has no meaning with `scale: log`",
                    self.step,
                    "Remove it.",
                    (("scale",), (kind,)),
                )
            if kind == "float" and self.step and (value[1] - value[0]) / self.step > MOST_STEPS:
                yield Conflict(
                    ("step",),
                    f"must make at most {MOST_STEPS:,} values",
                    self.step,
                    "Leave it out: all values are tried then.",
                    ((kind,),),
                )
            if kind == "int" and self.step is not None and self.step != round(self.step):
                yield Conflict(("step",), "must be whole for int", self.step, "Round it.")
            return
        if kind == "choice" and len(set(map(repr, value))) < len(value):
            yield Conflict(("choice",), "must name each value once", value, "Remove the second.")
        for key, default in (("scale", "linear"), ("step", None)):
            if getattr(self, key) != default:
                yield Conflict((key,), f"is not read by `{kind}`", getattr(self, key), "Remove it.")


class PruneSection(Section):
    """When a trial is ended early, because most others were better at the same point."""

    after_trials: int = Field(
        4, ge=1, description="Trials that must have passed a point before others are judged there."
    )
    after_share: float = Field(
        0.2, ge=0, lt=1, description="Share (0 to 1) of the training that every trial is given."
    )


class TuneSection(Section):
    """How a better recipe is looked for: what may change, in what order, and for how long."""

    replacing: ClassVar = {"objective": is_another_objective}
    choices: ClassVar = {
        "oracle": {
            "random": {"trials": None, "prune": None},
            "grid": {"trials": None, "prune": None},
            "bayesian": {"trials": None, "prune": None},
            "hyperband": {"factor": 3, "promotions": 2, "iterations": 1},
        }
    }

    oracle: Literal["random", "grid", "bayesian", "hyperband"] = Field(
        "hyperband",
        description="Who proposes the values. hyperband gives many configurations a short training "
        "and lets the best of them go on.",
    )
    objective: Objective = Field(
        default_factory=lambda: ObjectiveSection(metric="val_dice", direction="max"),
        examples=[{"metric": "val_dice", "direction": "max"}],
        description="What to make best: a metric with its direction, or several metrics with "
        "weights, such as {val_dice: 1.0, seconds_per_scan: -0.1}, whose sum shall be large.",
    )
    budget: Duration | None = Field(
        None, description="Time of the whole search; no trial is begun that could not end in it."
    )
    trials: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="Number of trials; not for hyperband, which has its own."
    )
    factor: Annotated[int, Field(ge=2, le=10)] | None = Field(
        None,
        description="Of so many configurations one is promoted, and trains so many times as long; "
        "only for hyperband (3 if not given).",
    )
    promotions: Annotated[int, Field(ge=1, le=8)] | None = Field(
        None,
        description="How often a configuration can be promoted: the shortest trials train "
        "1 / factor ** promotions of the whole; only for hyperband (2 if not given).",
    )
    iterations: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="How often the whole of hyperband is run; only for it (1 if not given)."
    )
    trial: dict[str, Value] = Field(
        default_factory=dict,
        examples=[{"fit.budget": "3m"}],
        description="Keys that the trials take otherwise than the recipe, such as a shorter "
        "training; the winner is written with the recipe's own.",
    )
    space: Annotated[dict[str, ParameterSection], Field(min_length=1)] = Field(
        examples=[{"model.depth": {"int": [3, 5]}}],
        description="Keys of the recipe that may change, and what they may become.",
    )
    prune: PruneSection | None = Field(
        None,
        description="End trials early that are worse than the median; not for hyperband, which "
        "does so by itself; null ends none.",
    )
    time_limit: Duration | None = Field(
        None, description="Longest time of one trial, after which it has failed; null sets none."
    )
    memory: Size | None = Field(
        None,
        description="Memory that one trial may need by estimate (K, M, G or T); null takes its "
        "share of the machine's, and sets no limit on a GPU.",
    )
    retries: int = Field(
        1,
        ge=0,
        le=100,
        description="How often a trial that was killed from outside is gone on with.",
    )
    seed: Seed = Field(1, description="Seed of the values that are proposed.")

    @property
    def budget_seconds(self) -> float | None:
        """The time of the whole search in seconds, or None."""
        return None if self.budget is None else parse_duration(self.budget)

    @property
    def time_limit_seconds(self) -> float | None:
        """The longest time of one trial in seconds, or None."""
        return None if self.time_limit is None else parse_duration(self.time_limit)

    @property
    def memory_bytes(self) -> int | None:
        """The memory that one trial may need in bytes, or None."""
        return None if self.memory is None else parse_size(self.memory)

    def conflicts(self) -> Iterator[Conflict]:
        """Yield a search without an end, and weights that say nothing."""
        yield from super().conflicts()
        is_endless = self.oracle in ("random", "bayesian")
        if is_endless and self.trials is None and self.budget is None:
            yield Conflict(
                ("trials",),
                f"or `tune.budget` must be given with `oracle: {self.oracle}`, which has no end of "
                "its own",
                None,
                "For instance `trials: 24` or `budget: 6h`.",
                (("budget",), ("oracle",)),
            )
        if isinstance(self.objective, dict) and not all(self.objective.values()):
            zero = next(key for key, weight in self.objective.items() if not weight)
            yield Conflict(
                ("objective",),
                f"must have weights other than 0, but {zero} has none",
                self.objective,
                "Remove it, or give it a weight.",
            )
