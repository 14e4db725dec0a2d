"""What a model folder says of its network: everything needed to predict, and nothing else."""

import importlib.metadata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from kseg.dataset import ReadOptions, Regions
from kseg.preprocess import PreprocessPlan

NOTICE = "For research use only. Not a medical device."


@dataclass(frozen=True)
class PredictDefaults:
    """How the network is slid over a volume unless the caller says otherwise.

    Args:
        overlap: float, the least share of a window that its neighbour covers.
        blend: `"gaussian"` or `"constant"`.
        mirror_axes: axes (0 is z) along which mirrored copies are averaged.
        keep_largest: bool, whether only the largest piece of each label stays.
        batch: int, windows that go through the network at once.
    """

    overlap: float = 0.5
    blend: str = "gaussian"
    mirror_axes: tuple[int, ...] = ()
    keep_largest: bool = False
    batch: int = 4


@dataclass(frozen=True)
class ModelDescription:
    """A trained network apart from its weights.

    It holds no time, host or path, so that equal runs give equal bytes.

    Args:
        name: str, the recipe's name.
        network: str, name of the factory.
        arguments: mapping of the factory's arguments.
        channels: names of the image's channels, in order.
        label_names: names of the labels, index = value, `"background"` first.
        preprocess: `PreprocessPlan`.
        patch_size_zyx: 3 ints, voxels of a window.
        precision: `"float32"`, `"bfloat16"` or `"float16"`, in which the network was trained.
        predict: `PredictDefaults`.
        reading: `ReadOptions`, how doubtful files were read in training.
        trained_on: str, name of the data set; `"phantom"` for synthetic scans.
        phantom: bool, whether that data set is synthetic.
        regions: `Regions` that the network gives one output each, or None for labels.
    """

    name: str
    network: str
    arguments: Mapping[str, object]
    channels: tuple[str, ...]
    label_names: tuple[str, ...]
    preprocess: PreprocessPlan
    patch_size_zyx: tuple[int, int, int]
    precision: str
    predict: PredictDefaults = field(default_factory=PredictDefaults)
    reading: ReadOptions = field(default_factory=ReadOptions)
    trained_on: str = ""
    phantom: bool = False
    regions: Regions | None = None

    @property
    def outputs(self) -> int:
        """Channels of the network's logits."""
        return len(self.label_names if self.regions is None else self.regions.names)

    def to_dict(self) -> dict[str, object]:
        """Return plain data for `model.json`; `parse_description` reads them back."""
        return {
            "kseg": _release(),
            "notice": NOTICE,
            "name": self.name,
            "trained_on": self.trained_on,
            "phantom": self.phantom,
            "network": {"name": self.network, "arguments": dict(self.arguments)},
            "channels": list(self.channels),
            "labels": list(self.label_names),
            "regions": None if self.regions is None else self.regions.to_dict(),
            "preprocess": self.preprocess.to_dict(),
            "patch_size_zyx": list(self.patch_size_zyx),
            "precision": self.precision,
            "predict": asdict(self.predict),
            "reading": asdict(self.reading),
        }


def _release() -> str:
    """Return kseg's own version as pip knows it; `kseg` itself lies above this room."""
    try:
        return importlib.metadata.version("kseg")
    except importlib.metadata.PackageNotFoundError:
        return ""
