"""Show a turned and scaled box of a volume on the grid of a patch: one trilinear gather."""

import itertools

import tensorflow as tf

_CORNERS = tuple(itertools.product((0, 1), repeat=3))
_MIXED = -1


def resample_patch(read, shape_zyx, origin_zyx, size_zyx, matrix) -> tuple[tf.Tensor, tf.Tensor]:
    """Resample the surroundings of a patch through a linear map about the patch's centre.

    The image is interpolated linearly. A label's weight at a point is what linear interpolation of
    that label's mask would give; the label of greatest weight wins, the lower one at a tie. Outside
    the volume the image and the labels are 0.

    Args:
        read: function (low_zyx, size_zyx) -> float32 image (z, y, x, channels) and uint8 labels
            (z, y, x) of that box, zero outside the volume.
        shape_zyx: int32 (3,), extent of the volume in voxels.
        origin_zyx: int32 (3,), first voxel of the patch if nothing were turned.
        size_zyx: 3 ints, extent of the patch in voxels.
        matrix: float32 (3, 3), offset in the patch to offset in the volume, in voxels.

    Returns:
        float32 image (*size_zyx, channels) and uint8 labels of `size_zyx`.

    Example:
        >>> image, labels = tf.ones((4, 4, 4, 1)), tf.ones((4, 4, 4), tf.uint8)
        >>> read = lambda low, size: (tf.slice(tf.pad(image, [[1, 1]] * 3 + [[0, 0]]),
        ...     [*(low + 1), 0], [*size, 1]), tf.slice(tf.pad(labels, [[1, 1]] * 3), low + 1, size))
        >>> out, _ = resample_patch(read, tf.constant([4, 4, 4]), tf.constant([1, 1, 1]), (2, 2, 2),
        ...     0.5 * tf.eye(3))
        >>> out.shape
        TensorShape([2, 2, 2, 1])
    """
    half = tf.constant([(extent - 1) / 2 for extent in size_zyx], tf.float32)
    centre = tf.cast(origin_zyx, tf.float32) + half
    reach = tf.linalg.matvec(tf.abs(matrix), half)
    # One voxel of the surrounding zeros is all that a point outside the volume needs to see.
    low = tf.maximum(tf.cast(tf.floor(centre - reach), tf.int32), -1)
    high = tf.minimum(tf.cast(tf.floor(centre + reach), tf.int32) + 2, shape_zyx + 1)
    image, labels = read(low, high - low)
    position = _positions(size_zyx, matrix, centre - tf.cast(low, tf.float32), half)
    base, shares = _cells(position, high - low)
    return _linear(image, base, shares), _vote(labels, base, shares)


def _positions(size_zyx, matrix, centre, half):
    """Return the 3 coordinates, each float32 `size_zyx`, of the patch's voxels in the box."""
    z, y, x = (tf.range(extent, dtype=tf.float32) - half[a] for a, extent in enumerate(size_zyx))
    offsets = (z[:, None, None], y[:, None], x)
    return [
        centre[row] + sum(matrix[row, axis] * offsets[axis] for axis in range(3))
        for row in range(3)
    ]


def _cells(position, extents):
    """Return the flat index of each point's lower corner, and its 3 shares of the upper one."""
    base, shares = 0, []
    for axis, coordinate in enumerate(position):
        extent = tf.cast(extents[axis], tf.float32)
        coordinate = tf.clip_by_value(coordinate, 0.0, extent - 1)
        lower = tf.minimum(tf.floor(coordinate), extent - 2)
        shares.append(coordinate - lower)
        base = base * extents[axis] + tf.cast(lower, tf.int32)
    return base, shares


def _corner_offsets(extents):
    """Return the flat distance from a cell's lower corner to each of its 8 corners."""
    return [(z * extents[1] + y) * extents[2] + x for z, y, x in _CORNERS]


def _linear(image, base, shares):
    channels = image.shape[-1]
    values = tf.reshape(image, (-1, channels))
    corners = [tf.gather(values, base + offset) for offset in _corner_offsets(tf.shape(image))]
    for share in shares:
        half = len(corners) // 2
        share = share[..., None]
        corners = [
            low + share * (high - low)
            for low, high in zip(corners[:half], corners[half:], strict=True)
        ]
    return corners[0]


def _vote(labels, base, shares):
    """Return the label of greatest weight; only points between unlike labels need a vote."""
    lowest, highest = labels, labels
    for axis in range(3):
        first, second = _ends(lowest, axis), _ends(highest, axis)
        lowest, highest = tf.minimum(*first), tf.maximum(*second)
    alike = tf.where(lowest == highest, tf.cast(lowest, tf.int32), _MIXED)
    # Cells are one fewer than voxels on each axis: padded, they share the voxels' flat index.
    cells = tf.reshape(tf.pad(alike, [[0, 1]] * 3), (-1,))
    found = tf.gather(cells, base)
    places = tf.where(found == _MIXED)
    voted = _vote_at(
        tf.reshape(labels, (-1,)),
        _corner_offsets(tf.shape(labels)),
        tf.gather_nd(base, places),
        [tf.gather_nd(share, places) for share in shares],
    )
    return tf.cast(tf.tensor_scatter_nd_update(found, places, voted), tf.uint8)


def _vote_at(labels, offsets, base, shares):
    # Corners lie along the first axis: adding up rows of points is much quicker than columns.
    corners = tf.stack([tf.gather(labels, base + offset) for offset in offsets])
    weights = [1.0]
    for share in shares:
        weights = [weight * part for weight in weights for part in (1 - share, share)]
    support = tf.add_n(
        [
            tf.where(corners == corner, weight, 0.0)
            for corner, weight in zip(tf.unstack(corners), weights, strict=True)
        ]
    )
    winners = tf.where(support == tf.reduce_max(support, axis=0), corners, tf.uint8.max)
    return tf.reduce_min(tf.cast(winners, tf.int32), axis=0)


def _ends(voxels, axis):
    """Return all but the last, and all but the first, along an axis."""
    last = [slice(None)] * axis + [slice(None, -1)]
    first = [slice(None)] * axis + [slice(1, None)]
    return voxels[tuple(last)], voxels[tuple(first)]
