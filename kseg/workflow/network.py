"""From the recipe's sections to a compiled network."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from kseg import losses, models, schedules
from kseg.metrics import CaseDice
from kseg.preprocess import CachedCase
from kseg.recipe import LossSection, ModelSection, OptimizerSection, Recipe

SMALLEST_WEIGHT = 0.01


@dataclass(frozen=True, eq=False)
class Network:
    """A compiled network and the schedule of its learning rate.

    Args:
        model: compiled Keras model, its optimizer built.
        schedule: schedule with `set_total_steps`.
    """

    model: keras.Model
    schedule: schedules.WarmupSchedule


def network_arguments(section: ModelSection) -> dict[str, object]:
    """Return the arguments of the network's factory that a recipe gives.

    Args:
        section: `ModelSection`.

    Returns:
        Dict of plain values, as stored in `model.json`.
    """
    return section.model_dump(exclude={"name"}, mode="json")


def make_network(recipe: Recipe, channels: int, classes: int, class_weights) -> Network:
    """Build and compile the network of a recipe.

    Args:
        recipe: `Recipe`.
        channels: int, channels of the image.
        classes: int, classes with the background.
        class_weights: `"none"`, `"batch"` or one float a class.

    Returns:
        `Network`.
    """
    keras.utils.set_random_seed(recipe.fit.seed)
    model = models.build(recipe.model.name, channels, classes, network_arguments(recipe.model))
    schedule = schedules.build(
        recipe.schedule.name,
        learning_rate=recipe.optimizer.learning_rate,
        steps_per_epoch=recipe.fit.steps_per_epoch,
        # The real number follows when the training is planned; a budget has to be measured first.
        total_steps=recipe.fit.steps_per_epoch,
        **recipe.schedule.model_dump(exclude={"name"}, exclude_none=True),
    )
    model.compile(
        optimizer=make_optimizer(recipe.optimizer, schedule, recipe.fit.ema),
        loss=make_loss(recipe.loss, class_weights),
        metrics=[CaseDice(range(1, classes))],
    )
    model.optimizer.build(model.trainable_variables)
    return Network(model, schedule)


def make_optimizer(section: OptimizerSection, learning_rate, ema: float | None):
    """Return the optimizer of a recipe.

    Args:
        section: `OptimizerSection`.
        learning_rate: float or schedule.
        ema: float, momentum of the running mean of the weights, or None for none.

    Returns:
        Keras optimizer. Biases and the scales of norms are not decayed.
    """
    classes = {
        "adamw": keras.optimizers.AdamW,
        "adam": keras.optimizers.Adam,
        "sgd": keras.optimizers.SGD,
    }
    arguments = {"nesterov": True, "momentum": section.momentum} if section.name == "sgd" else {}
    optimizer = classes[section.name](
        learning_rate,
        weight_decay=section.weight_decay,
        global_clipnorm=section.clip_norm,
        use_ema=ema is not None,
        ema_momentum=0.99 if ema is None else ema,
        **arguments,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def make_loss(section: LossSection, class_weights) -> keras.losses.Loss:
    """Return the loss of a recipe.

    Args:
        section: `LossSection`.
        class_weights: `"none"`, `"batch"` or one float a class.

    Returns:
        Keras loss of logits and integer labels.
    """
    cross_entropy, dice = section.cross_entropy, section.dice
    arguments = {}
    if dice is not None:
        arguments = {
            "dice_per": dice.per,
            "dice_background": dice.background,
            "dice_smooth": dice.smooth,
        }
    return losses.build(
        cross_entropy_weight=None if cross_entropy is None else cross_entropy.weight,
        class_weights=class_weights,
        dice_weight=None if dice is None else dice.weight,
        **arguments,
    )


def resolve_class_weights(section: LossSection, cases: Sequence[CachedCase]):
    """Return the class weights of a recipe, measured where it says `dataset`.

    Args:
        section: `LossSection`.
        cases: cached training cases.

    Returns:
        `"none"`, `"batch"`, or a tuple of one float a class: 1 - its share of all voxels, at
        least 0.01.
    """
    if section.cross_entropy is None:
        return "none"
    wanted = section.cross_entropy.class_weights
    if wanted != "dataset":
        return wanted
    totals = [sum(counts) for counts in zip(*(case.label_counts for case in cases), strict=True)]
    # Clipped: a class that fills every voxel still counts a little.
    return tuple(max(SMALLEST_WEIGHT, round(1 - n / sum(totals), 6)) for n in totals)
