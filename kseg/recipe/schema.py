"""The whole recipe, its checks across sections, and its JSON Schema."""

import json
import math
from collections.abc import Iterator
from typing import Any

from pydantic import Field

from kseg.recipe._region_checks import region_conflicts
from kseg.recipe.section import Conflict, Section
from kseg.recipe.sections_augment import AugmentSection
from kseg.recipe.sections_data import DataSection, PatchesSection, PreprocessSection
from kseg.recipe.sections_loss import LossSection
from kseg.recipe.sections_network import ModelSection
from kseg.recipe.sections_run import (
    EvaluateSection,
    FitSection,
    OptimizerSection,
    PredictSection,
    ScheduleSection,
)
from kseg.recipe.sections_tune import TuneSection

RECIPE_VERSION = 1
EXTENDS = {
    "type": "string",
    "description": "Recipe to start from: a file beside this one, or the name of a shipped recipe.",
}


class Recipe(Section):
    """All that a run is told, checked; the same keys as in a recipe file.

    Example:
        >>> recipe = Recipe(kseg=1, name="liver", fit={"budget": "20m"})
        >>> recipe.fit.budget_seconds, recipe.model.depth
        (1200.0, 5)
    """

    kseg: int = Field(ge=1, le=RECIPE_VERSION, description="Version of the recipe's form.")
    name: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        examples=["liver", "my-run.2"],
        description="Name of the run and of its folder.",
    )
    data: DataSection = Field(default_factory=DataSection, description="The scans and masks.")
    preprocess: PreprocessSection = Field(
        default_factory=PreprocessSection, description="Spacing and grey values."
    )
    patches: PatchesSection = Field(
        default_factory=PatchesSection, description="The blocks of voxels to learn from."
    )
    augment: AugmentSection = Field(
        default_factory=AugmentSection, description="Random changes to patches."
    )
    model: ModelSection = Field(default_factory=ModelSection, description="The network.")
    loss: LossSection = Field(default_factory=LossSection, description="What training makes small.")
    optimizer: OptimizerSection = Field(
        default_factory=OptimizerSection, description="How weights follow the gradient."
    )
    schedule: ScheduleSection = Field(
        default_factory=ScheduleSection, description="How the learning rate falls."
    )
    fit: FitSection = Field(description="How long and how exactly to train.")
    predict: PredictSection = Field(
        default_factory=PredictSection, description="How whole scans are predicted."
    )
    evaluate: EvaluateSection = Field(
        default_factory=EvaluateSection, description="How masks are judged against the truth."
    )
    tune: TuneSection | None = Field(
        None, description="How a better recipe is looked for; read by `kseg tune` alone."
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield a network that cannot read the data, losses without a form, unfit patches."""
        yield from self._flat_networks()
        if self.data.regions is not None:
            yield from region_conflicts(self)
        model, size = self.model, self.patches.size
        steps = (1,) * (3 - model.dimensions) + model.reduction
        nearest = tuple(
            max(step, step * ((n + step // 2) // step)) for n, step in zip(size, steps, strict=True)
        )
        named = ("model", "depth" if model.strides is None else "strides")
        if nearest != size:
            if len(set(steps)) == 1 and model.strides is None:
                must = (
                    f"must be divisible by {steps[0]} on each axis, which `model.depth: "
                    f"{model.depth}` halves {model.depth - 1} times"
                )
            else:
                must = f"must be divisible by {list(steps)}, by which the levels shrink it in all"
            advice = f"Nearest allowed value: {list(nearest)}."
            yield Conflict(("patches", "size"), must, size, advice, (named,))
        elif size == steps and math.prod(steps) > 1:
            yield Conflict(
                ("patches", "size"),
                f"must leave more than one voxel on the coarsest of {model.depth} levels",
                size,
                f"Nearest allowed value: {[2 * step for step in steps]}, or a smaller depth.",
                (named,),
            )

    def _flat_networks(self) -> Iterator[Conflict]:
        """Yield a network of pictures where the data are volumes: only digits are pictures."""
        if self.data.source == "digits" or self.model.is_plugin:
            return
        if self.model.name == "fcn":
            yield Conflict(
                ("model", "name"),
                "must not be fcn unless `data.source` is digits: scans are volumes, and it gives "
                "fewer predictions than they have voxels",
                self.model.name,
                "Write `name: unet`.",
                (("data", "source"),),
            )
        elif self.model.dimensions == 2:
            yield Conflict(
                ("model", "dimensions"),
                "must be 3 unless `data.source` is digits: scans are volumes",
                self.model.dimensions,
                "Write `dimensions: 3`; for slices by themselves give flat kernels and strides, "
                "such as [1, 3, 3] and [1, 2, 2], and a patch of one slice.",
                (("data", "source"),),
            )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of a recipe file, with descriptions and defaults.

    Returns:
        dict that `json.dumps` can write.

    Example:
        >>> json_schema()["properties"]["fit"]["description"]
        'How long and how exactly to train.'
    """
    schema = _to_draft_7(Recipe.model_json_schema())
    required = schema.pop("required")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **schema,
        "properties": {"extends": EXTENDS, **schema["properties"]},
        "anyOf": [{"required": ["extends"]}, {"required": required}],
    }


def schema_json() -> str:
    """Return the JSON Schema of a recipe file as text, for editors."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _to_draft_7(node: Any) -> Any:
    """Rewrite what draft 7 knows by another name: tuples, and references with siblings."""
    if isinstance(node, list):
        return [_to_draft_7(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _to_draft_7(value) for key, value in node.items()}
    if isinstance(node.get("description"), str):
        node["description"] = node["description"].partition("\n\n")[0]
    if "prefixItems" in node:
        items = node.pop("prefixItems")
        node["items"] = items[0] if all(item == items[0] for item in items) else items
    if "$ref" in node and len(node) > 1:
        node["allOf"] = [{"$ref": node.pop("$ref")}]
    return node
