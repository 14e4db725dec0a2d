"""From the recipe's sections to a compiled network."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import keras

from kseg import models, schedules
from kseg.errors import KsegError, RecipeError
from kseg.fit import optimizers
from kseg.plugins import KINDS, Component, find_component
from kseg.recipe import ModelSection, OptimizerSection, Recipe
from kseg.workflow.loss import make_loss
from kseg.workflow.metrics import NOTHING, make_metrics


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
        Dict of plain values, as stored in `model.json`; what a factory takes unsaid is left out.
    """
    if section.is_plugin:
        return section.model_dump(mode="json")["args"] or {}
    law, penalty = section.kernel_initializer, section.l2
    translated = {"kernel_initializer", "kernel_stddev", "initial_bias", "l2", "block_args"}
    arguments = section.model_dump(
        exclude={"name", *section.unread_keys(), *translated}, exclude_none=True, mode="json"
    )
    if section.is_plugin_block:
        name = find_component("layers", section.block).full_name
        arguments["block"] = {
            "name": name,
            "args": section.model_dump(mode="json")["block_args"] or {},
        }
    if law == "he_leaky":
        arguments["kernel_initializer"] = models.KAIMING_NORMAL
    if law == "truncated_normal":
        arguments["kernel_initializer"] = _object("TruncatedNormal", stddev=section.kernel_stddev)
    if section.initial_bias:
        arguments["bias_initializer"] = _object("Constant", value=section.initial_bias)
    if penalty:
        arguments["kernel_regularizer"] = _object("L2", l2=penalty)
    return arguments


def _object(class_name: str, **config: float) -> dict[str, object]:
    """Return an object of Keras as plain data."""
    return {"class_name": class_name, "config": config}


def foreign_part(section: ModelSection) -> Component | None:
    """Return the component that the network or its blocks are, if they are not kseg's words.

    Args:
        section: `ModelSection`.

    Returns:
        `Component`, or None.
    """
    if section.is_plugin:
        return find_component("models", section.name)
    return find_component("layers", section.block) if section.is_plugin_block else None


def build_network(section: ModelSection, channels: int, classes: int) -> keras.Model:
    """Build the network of a recipe.

    Args:
        section: `ModelSection`.
        channels: int, channels of the image.
        classes: int, channels of the logits.

    Returns:
        A Keras model.

    Raises:
        RecipeError: if the code of another package fails on the way.
    """
    part = foreign_part(section)
    try:
        return models.build(section.name, channels, classes, network_arguments(section))
    except KsegError:
        raise
    except Exception as error:
        if part is None:
            raise
        # Other people's code may fail in any way; the person must learn whose it was.
        raise RecipeError(
            why=f"model: a network with the {KINDS[part.kind]} `{part.name}` of {part.origin} "
            f"cannot be built: {brief(error)}",
            fix=f"correct the keys of `model`, or choose another {KINDS[part.kind]}",
            code="KS-F10",
        ) from error


def brief(error: Exception) -> str:
    """Return the kind of an error and its first words on one line, without Keras' bold type.

    Args:
        error: exception of other people's code.

    Returns:
        str.

    Example:
        >>> brief(KeyError("dilations"))
        "KeyError: 'dilations'"
    """
    plain = re.sub(r"\x1b\[\d*m", "", str(error))
    return f"{type(error).__name__}: {' '.join(plain.split()):.500}"


def make_network(
    recipe: Recipe,
    channels: int,
    classes: int,
    class_weights,
    told: Mapping[str, object] = NOTHING,
) -> Network:
    """Build and compile the network of a recipe.

    Args:
        recipe: `Recipe`.
        channels: int, channels of the image.
        classes: int, channels of the logits: classes with the background, or regions.
        class_weights: `"none"`, `"batch"` or one float a class.
        told: what `told_of` returned, of regions and of a label to ignore.

    Returns:
        `Network`.
    """
    keras.utils.set_random_seed(recipe.fit.seed)
    model = build_network(recipe.model, channels, classes)
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
        loss=make_loss(recipe.loss, class_weights, told),
        metrics=make_metrics(recipe.fit.metrics, classes, told),
    )
    model.optimizer.build(model.trainable_variables)
    return Network(model, schedule)


def make_optimizer(section: OptimizerSection, learning_rate, ema: float | None):
    """Return the optimizer of a recipe.

    Args:
        section: `OptimizerSection`.
        learning_rate: float or schedule.
        ema: float, momentum that the running mean of the weights warms up to, or None for none.

    Returns:
        Keras optimizer. Biases and the scales of norms are not decayed.
    """
    home = keras.optimizers if ema is None else optimizers
    classes = {"adamw": home.AdamW, "adam": home.Adam, "sgd": home.SGD}
    arguments = {"epsilon": section.epsilon}
    if section.name == "sgd":
        arguments = {"nesterov": True, "momentum": section.momentum}
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
