"""A trained network as a function from scans to masks."""

from collections.abc import Sequence

import numpy as np

from kseg.bundle import DESCRIPTION_FILE, ModelDescription, ModelFolder, load_network
from kseg.errors import ModelFileError
from kseg.predict import Predictor, WindowSettings, restore_labels
from kseg.preprocess import prepare
from kseg.volume import Volume, make_grid, read_image
from kseg.workflow.machine import use_threads


class ScanPredictor:
    """Predict masks of whole scans.

    Args:
        description: `ModelDescription` of the network.
        model: Keras model with the trained weights.

    Example:
        >>> import kseg
        >>> kseg.load("runs/liver").predict("scan.nii.gz").shape  # doctest: +SKIP
        (120, 256, 256)
    """

    def __init__(self, description: ModelDescription, model):
        self.description = description
        predict = description.predict
        self._predictor = Predictor(
            model,
            WindowSettings(
                size_zyx=description.patch_size_zyx,
                batch=predict.batch,
                overlap=predict.overlap,
                blend=predict.blend,
                mirror_axes=predict.mirror_axes,
            ),
        )

    def predict_volume(self, volume: Volume) -> np.ndarray:
        """Return the labels of a scan.

        Args:
            volume: `Volume` with as many channels as the network was trained on.

        Returns:
            uint8 array (z, y, x) on the volume's canonical grid.
        """
        prepared = prepare(volume, self.description.preprocess)
        logits = self._predictor.logits(prepared.voxels)
        regions = self.description.regions
        return restore_labels(
            logits,
            prepared,
            keep_largest=self.description.predict.keep_largest,
            painted=None if regions is None else regions.painted,
        )

    def predict(self, scan, *, spacing_mm: tuple[float, float, float] | None = None) -> np.ndarray:
        """Return the labels of a file, of one file a channel, or of an array.

        Args:
            scan: path, list of paths (one a channel), or array (z, y, x) or (z, y, x, channels)
                in which z grows towards the head, y to the front and x to the right.
            spacing_mm: 3 floats (z, y, x), distance of an array's voxels in mm; a file has its own.

        Returns:
            uint8 array (z, y, x) of labels in that same order of axes.

        Raises:
            ValueError: if an array comes without its spacing, or with NaN in it.
            VolumeError: if a file cannot be used.
        """
        if isinstance(scan, np.ndarray):
            return self.predict_volume(_as_volume(scan, spacing_mm, self.description))
        return self.predict_volume(self.read(scan))

    def read(self, paths) -> Volume:
        """Read a scan as the training read its own.

        Args:
            paths: path, or list of paths, one a channel.

        Returns:
            `Volume`.

        Raises:
            VolumeError: if a file cannot be used.
        """
        reading = self.description.reading
        return read_image(
            paths,
            channels=len(self.description.channels),
            affine_from=reading.affine_from,
            assume_orientation=reading.assume_orientation,
            nonfinite=reading.nonfinite,
            purpose="predict",
        )


def make_predictor(
    folder: ModelFolder, *, threads: int | None = None, allow_plugins: Sequence[str] = ()
) -> ScanPredictor:
    """Load the network of a model, ready to predict.

    Args:
        folder: `ModelFolder` from `kseg.bundle.read_model`.
        threads: int, or None for all processors that this process may use.
        allow_plugins: names of the packages whose code may run, if the model needs any.

    Returns:
        `ScanPredictor`.

    Raises:
        ModelFileError: if the network cannot be built, or is made for pictures and not for scans.
    """
    use_threads(threads)
    model = load_network(folder, allow_plugins)
    if len(model.input_shape) != 5:
        raise ModelFileError(
            why="its network names flat pictures, such as digits, and a scan is a volume",
            file=folder.files.label(DESCRIPTION_FILE),
            fix="use a run that was trained on scans; benchmarks/digit_canvas.py is for digits",
            code="KS-M06",
        )
    return ScanPredictor(folder.description, model)


def _as_volume(array: np.ndarray, spacing_mm, description: ModelDescription) -> Volume:
    voxels = array[..., np.newaxis] if array.ndim == 3 else array
    channels = len(description.channels)
    if voxels.ndim != 4 or voxels.shape[-1] != channels:
        raise ValueError(
            f"An array must have the axes (z, y, x, channel) with {channels} channels. "
            f"Received: shape={array.shape}."
        )
    if spacing_mm is None:
        raise ValueError("`spacing_mm` (z, y, x) must be given with an array. Received: None.")
    if len(spacing_mm) != 3 or not min(spacing_mm) > 0:
        raise ValueError(f"`spacing_mm` must be 3 floats above 0. Received: {spacing_mm}.")
    voxels = voxels.astype(np.float32)
    if not np.isfinite(voxels).all():
        raise ValueError("An array must hold finite numbers only. Received: NaN or infinity.")
    z, y, x = spacing_mm
    affine = np.diag([x, y, z, 1.0])
    return Volume(voxels, affine, make_grid(affine, voxels.shape[2::-1]))
