"""From what `model.json` holds to a description in which every value is what it must be."""

import json
from collections.abc import Mapping

from kseg.bundle.description import ModelDescription, PredictDefaults
from kseg.bundle.field import Field
from kseg.dataset import ReadOptions, Regions
from kseg.plugins import refuse_foreign_objects
from kseg.preprocess import ChannelScaling, PreprocessPlan
from kseg.recipe import MOST_PATCH_VOXELS

# All beyond what can be trained or a scan can hold, so that what kseg writes can be read. A map of
# the window's size is made when a model is opened; for the largest window it takes 256 MiB.
MOST_CHANNELS, MOST_LABELS, MOST_BATCH = 256, 65_536, 256
LONGEST_AXIS = 4096
SPACING_MM = (1e-6, 1e6)
# float32, in which voxels are scaled, goes a little further.
LARGEST_NUMBER = 1e38
MOST_ENTRIES, DEEPEST_ARGUMENT = 4096, 8


def parse_description(data: Mapping[str, object]) -> ModelDescription:
    """Rebuild a description from the data of `ModelDescription.to_dict`.

    Args:
        data: mapping from JSON, of the newest form.

    Returns:
        `ModelDescription`.

    Raises:
        ValueError: naming the first field that is missing, unknown, or not what it must be.
    """
    top = Field(data).keys(
        "kseg", "notice", "name", "trained_on", "phantom", "network", "channels", "labels",
        "preprocess", "patch_size_zyx", "precision", "predict", "reading", "regions",
    )  # fmt: skip
    for key in ("kseg", "notice"):
        top[key].text()
    network = top["network"].keys("name", "arguments")
    channels = tuple(entry.text() for entry in top["channels"].entries(1, MOST_CHANNELS))
    labels = tuple(entry.text() for entry in top["labels"].entries(2, MOST_LABELS))
    return ModelDescription(
        name=top["name"].text(),
        network=network["name"].text(),
        arguments=_arguments(network["arguments"]),
        channels=channels,
        label_names=labels,
        preprocess=_plan(top["preprocess"], len(channels)),
        patch_size_zyx=_patch_size(top["patch_size_zyx"]),
        precision=top["precision"].word(("float32", "bfloat16", "float16")),
        predict=_defaults(top["predict"]),
        reading=_options(top["reading"]),
        trained_on=top["trained_on"].text(),
        phantom=top["phantom"].flag(),
        regions=top["regions"].or_none(lambda field: _regions(field, len(labels))),
    )


def check_description(description: ModelDescription) -> None:
    """Refuse to let a description be written that could not be read back.

    Args:
        description: `ModelDescription`.

    Raises:
        ValueError: naming the field.
    """
    read = parse_description(json.loads(json.dumps(description.to_dict())))
    if read.to_dict() != description.to_dict():
        raise ValueError(f"`description` must survive JSON. Received: {description}.")


def _arguments(field: Field) -> dict[str, object]:
    if not isinstance(field.value, dict):
        raise field.wrong("a mapping")
    _check_plain(field, DEEPEST_ARGUMENT)
    try:
        refuse_foreign_objects(field.value)
    except ValueError as error:
        raise ValueError(f"`{field.name}` must hold plain values: {error}") from error
    return field.value


def _check_plain(field: Field, deepest: int) -> None:
    """Check that a value is made of short texts, moderate numbers, and not too many of them."""
    value = field.value
    if deepest == 0:
        raise ValueError(f"`{field.name}` must nest less deep.")
    if isinstance(value, dict):
        for key in value:
            Field(key, f"{field.name}: a key").text()
        for below in field.keys(*value).values():
            _check_plain(below, deepest - 1)
    elif isinstance(value, list):
        for below in field.entries(0, MOST_ENTRIES):
            _check_plain(below, deepest - 1)
    elif isinstance(value, str):
        field.text()
    elif value is not None and not isinstance(value, bool):
        field.number(-LARGEST_NUMBER, LARGEST_NUMBER)


def _plan(field: Field, channels: int) -> PreprocessPlan:
    plan = field.keys("spacing_mm", "crop", "scalings")
    spacing = tuple(step.number(*SPACING_MM) for step in plan["spacing_mm"].entries(3, 3))
    scalings = tuple(map(_scaling, plan["scalings"].entries(channels, channels)))
    return PreprocessPlan(spacing, scalings, plan["crop"].flag())


def _scaling(field: Field) -> ChannelScaling:
    numbers = ("clip_low", "clip_high", "mean", "std")
    keys = field.keys("kind", *numbers, "clip_percentiles")
    given = {name: keys[name].or_none(_number) for name in numbers}
    percentiles = keys["clip_percentiles"].or_none(_percentiles)
    try:
        return ChannelScaling(keys["kind"].text(), **given, clip_percentiles=percentiles)
    except ValueError as error:
        raise ValueError(f"`{field.name}` cannot be used: {error}") from error


def _number(field: Field) -> float:
    return field.number(-LARGEST_NUMBER, LARGEST_NUMBER)


def _percentiles(field: Field) -> tuple[float, ...]:
    return tuple(entry.number(0, 100) for entry in field.entries(2, 2))


def _patch_size(field: Field) -> tuple[int, int, int]:
    z, y, x = (axis.whole(1, LONGEST_AXIS) for axis in field.entries(3, 3))
    if z * y * x > MOST_PATCH_VOXELS:
        raise field.wrong(f"at most {MOST_PATCH_VOXELS} voxels in all")
    return z, y, x


def _defaults(field: Field) -> PredictDefaults:
    keys = field.keys("overlap", "blend", "mirror_axes", "keep_largest", "batch")
    axes = tuple(axis.whole(0, 2) for axis in keys["mirror_axes"].entries(0, 3))
    if len(set(axes)) < len(axes):
        raise keys["mirror_axes"].wrong("a list in which each axis stands once")
    return PredictDefaults(
        # Windows that overlap by more than this would be more than anyone can wait for.
        overlap=keys["overlap"].number(0, 0.9),
        blend=keys["blend"].word(("gaussian", "constant")),
        mirror_axes=axes,
        keep_largest=keys["keep_largest"].flag(),
        batch=keys["batch"].whole(1, MOST_BATCH),
    )


def _options(field: Field) -> ReadOptions:
    keys = field.keys("affine_from", "assume_orientation", "nonfinite", "joined", "ignore")
    joined = keys["joined"].entries(0, MOST_LABELS)
    return ReadOptions(
        affine_from=keys["affine_from"].word(("auto", "sform", "qform")),
        assume_orientation=keys["assume_orientation"].or_none(_orientation),
        nonfinite=keys["nonfinite"].word(("refuse", "replace")),
        joined=tuple(label.whole(0, MOST_LABELS - 1) for label in joined),
        ignore=keys["ignore"].or_none(lambda label: label.whole(1, MOST_LABELS)),
    )


def _regions(field: Field, labels: int) -> Regions:
    keys = field.keys("labels", "regions_class_order")
    names = keys["labels"].value if isinstance(keys["labels"].value, dict) else {}
    for name in names:
        Field(name, f"{field.name}: a name").text()
    parts = keys["labels"].keys(*names)
    if not 1 <= len(parts) <= MOST_LABELS:
        raise keys["labels"].wrong(f"a mapping of 1 to {MOST_LABELS} regions")
    order = keys["regions_class_order"].entries(len(parts), len(parts))
    of = tuple(
        tuple(label.whole(1, labels - 1) for label in part.entries(1, MOST_LABELS))
        for part in parts.values()
    )
    painted = tuple(value.whole(1, labels - 1) for value in order)
    for value, label, part in zip(order, painted, of, strict=True):
        if label not in part:
            raise value.wrong(f"one of the labels {part} of its region")
    return Regions(tuple(parts), of, painted)


def _orientation(field: Field) -> str:
    letters = sorted("RLAPSI".find(letter) // 2 for letter in field.text())
    if letters != [0, 1, 2]:
        raise field.wrong("one letter of each pair L/R, P/A and I/S, such as LAS")
    return field.text()
