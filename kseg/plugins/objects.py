"""Plain data that describe objects of Keras: only a few classes, which hold numbers."""

from collections.abc import Mapping

# Classes of Keras that hold a few numbers and nothing that could run.
NAMED = ("Constant", "L1", "L1L2", "L2", "TruncatedNormal", "RandomNormal", "VarianceScaling")


def refuse_foreign_objects(value: object) -> None:
    """Raise where plain data describe an object that Keras would import or run.

    Keras builds whatever class a mapping names, from any module. Arguments come from model folders
    of strangers, so that only a few classes that hold numbers may be named.

    Args:
        value: plain values, nested as deep as they like.

    Raises:
        ValueError: if a mapping names another class, or one with a module.
    """
    if isinstance(value, list | tuple):
        for item in value:
            refuse_foreign_objects(item)
    if not isinstance(value, Mapping):
        return
    if "class_name" in value and (
        value["class_name"] not in NAMED or not set(value) <= {"class_name", "config"}
    ):
        raise ValueError(
            f"An object must be one of {NAMED}, with `class_name` and `config` alone. "
            f"Received: {dict(value)!r}."
        )
    for item in value.values():
        refuse_foreign_objects(item)
