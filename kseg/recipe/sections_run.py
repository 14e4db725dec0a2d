"""Sections of a recipe about the run: steps, learning rate, length, prediction, judgement."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from kseg.recipe.section import Conflict, Duration, Positive, Section, Seed, parse_duration
from kseg.recipe.sections_component import Metric

Steps = Annotated[int, Field(ge=1, le=100_000_000)]
Factor = Annotated[float, Field(ge=1, le=1e6)]


class OptimizerSection(Section):
    """How weights follow the gradient."""

    choices: ClassVar = {
        "name": {
            "adamw": {"epsilon": 1e-7},
            "adam": {"epsilon": 1e-7},
            "sgd": {"momentum": 0.99},
        }
    }

    name: Literal["adamw", "adam", "sgd"] = Field("adamw", description="Optimizer.")
    learning_rate: float = Field(
        2e-3, gt=0, le=10, description="Learning rate at its highest, before the schedule."
    )
    weight_decay: float = Field(1e-2, ge=0, le=1, description="Decoupled decay of the weights.")
    clip_norm: Positive | None = Field(
        12.0, description="Longest gradient, over all weights; null does not clip."
    )
    momentum: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="Share of the last step that is kept; only for sgd (0.99 if not given)."
    )
    epsilon: Positive | None = Field(
        None,
        description="Number that keeps adam and adamw from dividing by zero; only for these "
        "(1e-7 if not given).",
    )


class ScheduleSection(Section):
    """How the learning rate changes."""

    choices: ClassVar = {
        "name": {
            "exponential": {
                "decay_rate": 0.9,
                "decay_every_epochs": 5.0,
                "decay_every_steps": None,
                "staircase": True,
                "warmup_steps": 50,
            },
            "poly": {"power": 0.9, "warmup_steps": 50},
            "cosine": {"warmup_steps": 50},
            "one_cycle": {
                "rise_share": 0.3,
                "start_factor": 25.0,
                "final_factor": 1e4,
                "curve": "cosine",
            },
            "constant": {"warmup_steps": 50},
        }
    }
    alternatives: ClassVar = ("decay_every_epochs", "decay_every_steps")

    name: Literal["exponential", "poly", "cosine", "one_cycle", "constant"] = Field(
        "poly", description="Law by which the learning rate falls; one_cycle lets it rise first."
    )
    decay_rate: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="Factor of each decay; only for exponential (0.9 if not given)."
    )
    decay_every_epochs: Positive | None = Field(
        None, description="Epochs from decay to decay; only for exponential (5 if not given)."
    )
    decay_every_steps: Steps | None = Field(
        None, description="Steps from decay to decay, instead of epochs; only for exponential."
    )
    staircase: bool | None = Field(
        None,
        description="Fall in stairs, not smoothly; only for exponential (true if not given).",
    )
    power: Positive | None = Field(
        None, description="Exponent of the fall to zero; only for poly (0.9 if not given)."
    )
    rise_share: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None,
        description="Share of the steps in which it rises; only for one_cycle (0.3 if not given).",
    )
    start_factor: Factor | None = Field(
        None,
        description="Highest rate divided by the first; only for one_cycle (25 if not given).",
    )
    final_factor: Factor | None = Field(
        None,
        description="Highest rate divided by the last; only for one_cycle (10000 if not given).",
    )
    curve: Literal["cosine", "linear"] | None = Field(
        None,
        description="Form of the rise and of the fall; only for one_cycle (cosine if not given).",
    )
    warmup_steps: Annotated[int, Field(ge=0)] | None = Field(
        None,
        description="Steps in which the learning rate rises from zero; not for one_cycle, which "
        "has a rise of its own (50 if not given).",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_choice_defaults(cls, data: Any) -> Any:
        filled = super()._fill_choice_defaults(data)
        if isinstance(data, Mapping) and data.get("decay_every_steps") is not None:
            filled["decay_every_epochs"] = data.get("decay_every_epochs")
        return filled

    def conflicts(self) -> Iterator[Conflict]:
        """Yield keys that the chosen law does not read, or a decay given both ways."""
        yield from super().conflicts()
        if None not in (self.decay_every_epochs, self.decay_every_steps):
            yield Conflict(
                key=("decay_every_steps",),
                must="cannot be given beside `schedule.decay_every_epochs`",
                received=self.decay_every_steps,
                advice="Keep one of them.",
                related=(("decay_every_epochs",),),
            )


class FitSection(Section):
    """How long and how exactly to train; exactly one of budget, steps and epochs holds."""

    alternatives: ClassVar = ("budget", "steps", "epochs")

    budget: Duration | None = Field(
        None, description="Time from the first read of data to the final weights (s, m or h)."
    )
    steps: Steps | None = Field(None, description="Number of training steps.")
    epochs: Steps | None = Field(None, description="Number of epochs of `steps_per_epoch` steps.")
    steps_per_epoch: int = Field(100, ge=1, le=1_000_000, description="Steps that make an epoch.")
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="Number format of the network; auto takes the fastest sound one."
    )
    validate_every_epochs: int = Field(
        5, ge=1, description="Epochs from one validation on whole cases to the next."
    )
    patience_epochs: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Stop after so many epochs without a better validation; null never does."
    )
    ema: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None,
        description="Momentum of a running mean of the weights (0.99), which is the network that "
        "is kept; null keeps none. It warms up: at step t it is (1 + t) / (10 + t) where that is "
        "less, so that the weights of the first steps are soon forgotten.",
    )
    init: str | None = Field(
        None,
        min_length=1,
        description="Run or model folder whose weights to start from; relative to the recipe's "
        "own folder, or to the current one when given on the command line.",
    )
    metrics: tuple[Metric, ...] = Field(
        ("patch_dice",),
        examples=[["patch_dice", "my_package.metrics:MyMetric"]],
        description="What is measured on the training patches, a column of history.csv each: "
        "patch_dice, voxel_accuracy, or a metric of another package, by its name or as "
        "{name: NAME, args: {...}}.",
    )
    threads: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        None, description="CPU threads; null takes all that this process may use."
    )
    seed: Seed = Field(1, description="Seed of weights, patches and augmentation.")

    @property
    def budget_seconds(self) -> float | None:
        """The budget in seconds, or None where steps or epochs are given."""
        return None if self.budget is None else parse_duration(self.budget)

    @property
    def length_kind(self) -> Literal["budget", "steps", "epochs"]:
        """Which of the three keys sets the length."""
        return next(key for key in self.alternatives if getattr(self, key) is not None)

    def conflicts(self) -> Iterator[Conflict]:
        """Yield a length that is given twice or not at all, and a metric that is named twice."""
        names = [metric for metric in self.metrics if isinstance(metric, str)]
        if len(set(names)) < len(names):
            once = ", ".join(dict.fromkeys(names))
            yield Conflict(("metrics",), "must name each metric once", names, f"Write [{once}].")
        given = [key for key in self.alternatives if getattr(self, key) is not None]
        if len(given) != 1:
            yield Conflict(
                (given[-1] if given else "budget",),
                "must be the only one of `fit.budget`, `fit.steps` and `fit.epochs`"
                if given
                else "or `fit.steps` or `fit.epochs` must be given",
                tuple(given) or None,
                "Keep one of them." if given else "For instance `fit: {budget: 20m}`.",
                tuple((key,) for key in self.alternatives),
            )


# The same as they are written where keys of the whole recipe stand, as in `tune.trial`.
LENGTHS = tuple(f"fit.{key}" for key in FitSection.alternatives)


class PredictSection(Section):
    """How a trained network is applied to whole scans."""

    overlap: float = Field(
        0.5, ge=0, le=0.9, description="Share (0 to 0.9) of a window that its neighbour covers too."
    )
    blend: Literal["gaussian", "constant"] = Field(
        "gaussian", description="Weight of a voxel within its window."
    )
    mirror: bool = Field(
        False, description="Mean over mirrored windows: slower, a little more exact."
    )
    keep_largest: bool = Field(
        False, description="Keep only the largest piece of each label or region."
    )
    batch: int = Field(4, ge=1, le=256, description="Windows that the network is given at once.")


class EvaluateSection(Section):
    """How masks are judged against the truth."""

    tolerance_mm: Positive = Field(
        2.0, description="Distance in mm within which two surfaces agree, for NSD."
    )
    label_tolerance_mm: dict[str, Positive] = Field(
        default_factory=dict,
        examples=[{"aorta": 1.0}],
        description="The same for single labels, by their name.",
    )
