"""Which cases a run trained and validated on: its `data.json`, read."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class DataRecord:
    """What a run folder tells of its data.

    Args:
        name: str, name of the data set.
        layout: str, the layout that it was read as.
        phantom: bool, the scans are synthetic.
        channels: names of the image's channels.
        labels: names of the labels, without the background.
        spacing_mm: 3 floats (z, y, x), voxels of the network.
        train: ids of the training cases.
        validation: ids of the validation cases.
        train_volumes_ml: for each label, its volume in ml in each training case.
    """

    name: str
    layout: str
    phantom: bool
    channels: tuple[str, ...]
    labels: tuple[str, ...]
    spacing_mm: tuple[float, ...]
    train: tuple[str, ...]
    validation: tuple[str, ...]
    train_volumes_ml: Mapping[str, tuple[float, ...]]

    @classmethod
    def from_dict(cls, content: Mapping) -> "DataRecord":
        """Return the record that the content of `data.json` stands for.

        Args:
            content: mapping.

        Returns:
            `DataRecord`.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: if it is no such record.
        """
        volumes = content["train_volumes_ml"].items()
        return cls(
            name=str(content["name"]),
            layout=str(content["layout"]),
            phantom=bool(content["phantom"]),
            channels=tuple(map(str, content["channels"])),
            labels=tuple(map(str, content["labels"])),
            spacing_mm=tuple(map(float, content["spacing_mm"])),
            train=tuple(map(str, content["train"])),
            validation=tuple(map(str, content["validation"])),
            train_volumes_ml={str(name): tuple(map(float, row)) for name, row in volumes},
        )
