"""What the network of a recipe costs, as text."""

from kseg.cli._quiet import import_tensorflow
from kseg.recipe import Recipe
from kseg.words import counted

_MIB = 2**20
_HEADINGS = ("layer", "output", "weights", "locally connected", "fully connected")


def costs_text(recipe: Recipe, channels: int, classes: int | None) -> str:
    """Return the costs of a recipe's network as lines for a terminal.

    Args:
        recipe: `Recipe`.
        channels: int, channels of the image.
        classes: int, labels with the background; None takes 10 for digits and 2 for scans.

    Returns:
        str.
    """
    import_tensorflow()
    from kseg.dataset.sources.digits import DIGIT_NAMES, DIGIT_SHAPE
    from kseg.models import build, network_costs
    from kseg.workflow.network import network_arguments

    digits = recipe.data.source == "digits"
    classes = classes or (len(DIGIT_NAMES) if digits else 2)
    model = build(recipe.model.name, channels, classes, network_arguments(recipe.model))
    # A digit is its own patch: `patches.size` is not read for it.
    size, batch = DIGIT_SHAPE if digits else recipe.patches.size, recipe.patches.batch
    size = size[len(size) - (len(model.inputs[0].shape) - 2) :]
    costs = network_costs(model, (*size, channels))
    rows = [
        (
            layer.name,
            "×".join(map(str, layer.output_shape)),
            *(f"{number:,}" if number else "" for number in (
                layer.parameters, layer.locally_connected, layer.fully_connected
            )),
        )
        for layer in costs.layers
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in (_HEADINGS, *rows)) for column in range(5)]
    lines = [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (_HEADINGS, *rows)
    ]
    shape = "×".join(map(str, size))
    half = costs.training_bytes(batch, 2) / _MIB
    full = costs.training_bytes(batch) / _MIB
    rule = costs.rule_of_thumb_bytes(batch) / _MIB
    return "\n".join([
        *lines,
        "",
        f"{costs.parameters:,} weights, for {counted(channels, 'channel')} and "
        f"{counted(classes, 'class', 'classes')}",
        f"memory to train on {batch} {'digits' if digits else 'patches'} of {shape}:",
        f"  {full:,.0f} MiB in float32, {half:,.0f} MiB in half precision, by what every layer "
        "puts out and its gradient",
        f"  {rule:,.0f} MiB by the old rule of batch × weights × 12 bytes, which leaves that out",
    ])  # fmt: skip
