"""Checks shared by the settings of the augmentations."""

AXES = ("z", "y", "x")


def check_probability(name: str, value: float) -> None:
    """Raise ValueError unless `value` is a probability."""
    if not 0 <= value <= 1:
        raise ValueError(f"`{name}` must lie in [0, 1]. Received: {name}={value}.")


def check_range(name: str, value: tuple[float, float]) -> None:
    """Raise ValueError unless `value` is (low, high) with 0 < low <= high."""
    if len(value) != 2 or not 0 < value[0] <= value[1]:
        raise ValueError(
            f"`{name}` must be (low, high) with 0 < low <= high. Received: {name}={value}."
        )


def check_axes(name: str, value: tuple[str, ...]) -> None:
    """Raise ValueError unless `value` holds distinct names among z, y and x."""
    if not set(value) <= set(AXES) or len(set(value)) != len(value) or isinstance(value, str):
        raise ValueError(
            f"`{name}` must be a tuple of distinct names among z, y, x. Received: {name}={value}."
        )
