"""Find the box that holds an image's content, and the value that fills the rest."""

from collections.abc import Sequence

import numpy as np

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]

# A value that fills at least this share of the outer faces is taken for background.
FACE_SHARE = 0.5


def background_values(voxels: np.ndarray) -> tuple[float | None, ...]:
    """Find, for each channel, the value that fills the image's surroundings.

    It is the most common value on the six outer faces, if it covers at least half of them: 0
    round a skull-stripped brain, the lower end of the window round a windowed CT. An image whose
    content reaches its faces, or whose air is noisy, has none.

    Args:
        voxels: array of intensities.

    Input shape:
        (z, y, x, channels)

    Returns:
        tuple with a float or `None` for each channel.

    Example:
        >>> voxels = np.full((6, 6, 6, 1), -1000.0)
        >>> voxels[2:4, 2:4, 2:4] = 50.0
        >>> background_values(voxels)
        (-1000.0,)
    """
    return tuple(_background(voxels[..., channel]) for channel in range(voxels.shape[3]))


def content_box(voxels: np.ndarray, backgrounds: Sequence[float | None]) -> Box:
    """Bound the voxels that differ from their channel's background in any channel.

    The box comes from the image alone, so that prediction cuts as training did.

    Args:
        voxels: array of intensities.
        backgrounds: one value or `None` for each channel, from `background_values`.

    Input shape:
        (z, y, x, channels)

    Returns:
        3 pairs (start, stop) for z, y, x; the whole image where a channel has no background or
        every voxel is background.

    Example:
        >>> voxels = np.zeros((6, 6, 6, 1))
        >>> voxels[2:4, 1:5, 3] = 9.0
        >>> content_box(voxels, (0.0,))
        ((2, 4), (1, 5), (3, 4))
    """
    whole = full_box(voxels.shape[:3])
    if any(value is None for value in backgrounds):
        return whole
    filled = [np.zeros(count, bool) for count in voxels.shape[:3]]
    for channel, value in enumerate(backgrounds):
        content = voxels[..., channel] != value
        plane_yx = content.any(axis=0)
        filled[0] |= content.any(axis=(1, 2))
        filled[1] |= plane_yx.any(axis=1)
        filled[2] |= plane_yx.any(axis=0)
    if not filled[0].any():
        return whole
    return tuple((int(used[0]), int(used[-1]) + 1) for used in map(np.flatnonzero, filled))


def full_box(shape_zyx: Sequence[int]) -> Box:
    """Return the box that holds a whole image.

    Args:
        shape_zyx: 3 ints (z, y, x), voxels of the image.

    Returns:
        3 pairs (start, stop) for z, y, x.

    Example:
        >>> full_box((2, 3, 4))
        ((0, 2), (0, 3), (0, 4))
    """
    return tuple((0, int(count)) for count in shape_zyx)


def box_slices(box: Box) -> tuple[slice, slice, slice]:
    """Turn a box into slices that cut an array (z, y, x, ...).

    Args:
        box: 3 pairs (start, stop) for z, y, x.

    Returns:
        3 slices.

    Example:
        >>> np.arange(8).reshape(2, 2, 2)[box_slices(((1, 2), (0, 1), (0, 2)))].tolist()
        [[[4, 5]]]
    """
    return tuple(slice(start, stop) for start, stop in box)


def _background(channel_zyx: np.ndarray) -> float | None:
    # An axis of one voxel has no outer faces: both would be the picture itself.
    faces = [
        channel_zyx.take(index, axis=axis).ravel()
        for axis in range(3)
        for index in (0, -1)
        if channel_zyx.shape[axis] > 1
    ]
    if not faces:
        return None
    values, counts = np.unique(np.concatenate(faces), return_counts=True)
    most = int(np.argmax(counts))
    return float(values[most]) if counts[most] >= FACE_SHARE * counts.sum() else None
