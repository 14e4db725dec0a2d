"""Convolutions and normalisation in plain NumPy, channels last, in any number of axes."""

import numpy as np


def convolved(x, kernel, strides, padding="same"):
    """Return the convolution; `kernel` is (..., channels, filters)."""
    axes = list(zip(x.shape[1:-1], kernel.shape[:-2], strides, strict=True))
    if padding == "symmetric":
        zeros = [(k // 2, k // 2) for _, k, _ in axes]
    else:
        needed = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in axes]
        zeros = [(total // 2, total - total // 2) for total in needed]
    padded = np.pad(x, [(0, 0), *zeros, (0, 0)])
    sizes = [(n + sum(zero) - k) // s + 1 for (n, k, s), zero in zip(axes, zeros, strict=True)]
    result = np.zeros((x.shape[0], *sizes, kernel.shape[-1]))
    for offset in np.ndindex(*kernel.shape[:-2]):
        seen = [
            slice(first, first + (size - 1) * stride + 1, stride)
            for first, size, stride in zip(offset, sizes, strides, strict=True)
        ]
        result += padded[(slice(None), *seen)] @ kernel[offset]
    return result


def enlarged(x, kernel, strides):
    """Return the transposed convolution; `kernel` is (..., filters, channels), at least strides.

    Each voxel paints its kernel; of what sticks out, half is cut off in front, the rest behind.
    """
    axes = list(zip(x.shape[1:-1], kernel.shape[:-2], strides, strict=True))
    canvas = np.zeros((x.shape[0], *((n - 1) * s + k for n, k, s in axes), kernel.shape[-2]))
    for offset in np.ndindex(*kernel.shape[:-2]):
        painted = [
            slice(first, first + (n - 1) * s + 1, s)
            for first, (n, _, s) in zip(offset, axes, strict=True)
        ]
        canvas[(slice(None), *painted)] += x @ kernel[offset].T
    kept = [slice((k - s) // 2, (k - s) // 2 + n * s) for n, k, s in axes]
    return canvas[(slice(None), *kept)]


def normalized(x, groups, gamma=1.0, beta=0.0, epsilon=1e-5):
    """Return group normalisation; as many groups as channels are instance normalisation."""
    grouped = x.reshape(x.shape[0], -1, groups, x.shape[-1] // groups)
    mean = grouped.mean((1, 3), keepdims=True)
    spread = np.sqrt(grouped.var((1, 3), keepdims=True) + epsilon)
    return ((grouped - mean) / spread).reshape(x.shape) * gamma + beta


def leaky(x):
    return np.where(x > 0, x, 0.01 * x)
