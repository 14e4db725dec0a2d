"""What a layer of one's own is told when a U-Net is built of it."""

import inspect
from collections.abc import Callable, Mapping

# Without these no level could have a width and a resolution of its own.
NEEDED = ("filters", "kernel_size", "strides")
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def taken_arguments(block: Callable, offered: Mapping[str, object]) -> dict[str, object]:
    """Return those arguments of a convolution block that a layer class takes, too.

    Args:
        block: class of a layer, or a `functools.partial` of one, whose own arguments stay.
        offered: arguments by name.

    Returns:
        dict.

    Raises:
        ValueError: if it does not take `filters`, `kernel_size` and `strides`.

    Example:
        >>> def block(filters, kernel_size, strides=1, **kwargs): ...
        >>> taken_arguments(block, {"filters": 8, "norm": "batch", "name": "down_0_0"})
        {'filters': 8, 'name': 'down_0_0'}
    """
    parameters = inspect.signature(block).parameters.values()
    names = {each.name for each in parameters if each.kind in _NAMED}
    lacking = [name for name in NEEDED if name not in names]
    if lacking:
        raise ValueError(
            f"`block` must be a layer class that takes {', '.join(NEEDED)}. "
            f"Received: {block!r:.80}, which does not take {', '.join(lacking)}."
        )
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        # Every layer of Keras has a name, and hands it on with what it does not name itself.
        names.add("name")
    names -= set(getattr(block, "keywords", ()))
    return {name: value for name, value in offered.items() if name in names}
