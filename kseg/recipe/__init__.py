"""YAML to a frozen, validated `Recipe`; every mistake is told with its place."""

from kseg.recipe._region_checks import region_conflicts
from kseg.recipe.load import LoadedRecipe, load_recipe
from kseg.recipe.measures import MEASURED_ALWAYS, MEASURED_AT_THE_END, MEASURED_OF_DIGITS
from kseg.recipe.scalars import write_flow
from kseg.recipe.schema import Recipe, json_schema, schema_json
from kseg.recipe.section import Section, parse_duration, parse_size
from kseg.recipe.sections_augment import (
    AffineSection,
    AugmentSection,
    BlurSection,
    BrightnessSection,
    ContrastSection,
    FlipSection,
    GammaSection,
    LowresSection,
    NoiseSection,
)
from kseg.recipe.sections_component import (
    METRIC_WORDS,
    AugmentStepSection,
    LossTermSection,
    MetricSection,
)
from kseg.recipe.sections_data import (
    MOST_FOLDS,
    MOST_PATCH_VOXELS,
    DataSection,
    IntensitySection,
    PatchesSection,
    PhantomSection,
    PreprocessSection,
)
from kseg.recipe.sections_loss import (
    CrossEntropySection,
    DiceSection,
    FocalSection,
    LossSection,
    TopKSection,
    TverskySection,
)
from kseg.recipe.sections_network import ModelSection
from kseg.recipe.sections_objective import ObjectiveSection
from kseg.recipe.sections_run import (
    LENGTHS,
    EvaluateSection,
    FitSection,
    OptimizerSection,
    PredictSection,
    ScheduleSection,
)
from kseg.recipe.sections_tune import ParameterSection, PruneSection, TuneSection
from kseg.recipe.shelf import ShippedRecipe, copy_recipe, find_recipe, list_recipes
from kseg.recipe.space import vary
from kseg.recipe.space_order import conditions, extremes, is_same, parents_first, values_listed
from kseg.recipe.write import recipe_leaves, recipe_to_yaml

__all__ = [
    "AffineSection",
    "AugmentSection",
    "AugmentStepSection",
    "BlurSection",
    "BrightnessSection",
    "ContrastSection",
    "CrossEntropySection",
    "DataSection",
    "DiceSection",
    "EvaluateSection",
    "FitSection",
    "FlipSection",
    "FocalSection",
    "GammaSection",
    "IntensitySection",
    "LENGTHS",
    "LoadedRecipe",
    "LossSection",
    "LossTermSection",
    "LowresSection",
    "MEASURED_ALWAYS",
    "MEASURED_AT_THE_END",
    "MEASURED_OF_DIGITS",
    "METRIC_WORDS",
    "MOST_FOLDS",
    "MOST_PATCH_VOXELS",
    "MetricSection",
    "ModelSection",
    "NoiseSection",
    "ObjectiveSection",
    "OptimizerSection",
    "ParameterSection",
    "PatchesSection",
    "PhantomSection",
    "PredictSection",
    "PreprocessSection",
    "PruneSection",
    "Recipe",
    "ScheduleSection",
    "Section",
    "ShippedRecipe",
    "TopKSection",
    "TuneSection",
    "TverskySection",
    "conditions",
    "copy_recipe",
    "extremes",
    "find_recipe",
    "is_same",
    "json_schema",
    "list_recipes",
    "load_recipe",
    "parents_first",
    "parse_duration",
    "parse_size",
    "recipe_leaves",
    "recipe_to_yaml",
    "region_conflicts",
    "schema_json",
    "values_listed",
    "vary",
    "write_flow",
]
