"""Time the separable resampling against scipy's: run `python benchmarks/resample.py`."""

import time

import numpy as np
from scipy import ndimage

from kseg.preprocess.resample import resample, resample_labels


def best_ms(call, repeats=3):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main():
    volume = np.random.default_rng(0).normal(size=(128, 128, 128)).astype(np.float32)
    for order in (0, 1, 3):
        ours = best_ms(lambda o=order: resample(volume[..., None], (160,) * 3, (o,) * 3))
        theirs = best_ms(
            lambda o=order: ndimage.zoom(volume, 1.25, order=o, mode="nearest", grid_mode=True), 1
        )
        print(f"image 128³→160³ order {order}: {ours:7.0f} ms, scipy {theirs:7.0f} ms")
    labels = np.zeros((128, 128, 128), np.uint8)
    for label in range(1, 9):
        start = 12 * label
        labels[start : start + 20, 20:80, 30:90] = label
    print(
        f"labels 128³→160³, 8 labels: {best_ms(lambda: resample_labels(labels, (160,) * 3)):.0f} ms"
    )


if __name__ == "__main__":
    main()
