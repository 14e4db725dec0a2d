"""Train two steps on one device and on two; run by `test_loop.py` in a process of its own.

The number of devices is fixed when TensorFlow starts, so that no other test can share it.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from kseg.fit import fit
from tests.fit.jobs import a_job, batches, real_model

DEVICES = ["CPU:0", "CPU:1"]


def trained(strategy, folder):
    with strategy.scope():
        # Weights that sum to 3, and penalties: both have to be shared out among the devices.
        # Keras clips the gradient of each device before it adds them up.
        made = real_model(head_weights=[1, 2], kernel_regularizer="l2", clip_norm=None)
    job = a_job(
        folder,
        made,
        steps=2,
        steps_per_epoch=1,
        stream=lambda step: batches(step, size=8).prefetch(1),
    )
    state = fit(job)
    devices = strategy.num_replicas_in_sync
    return devices, [row["loss"] for row in state.history], job.model.get_weights()


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    with tempfile.TemporaryDirectory() as folder:
        one = trained(tf.distribute.get_strategy(), Path(folder) / "one")
        two = trained(tf.distribute.MirroredStrategy(DEVICES), Path(folder) / "two")
    pairs = zip(one[2], two[2], strict=True)
    report = {
        "devices": [one[0], two[0]],
        "losses": [one[1], two[1]],
        "weights": max(float(np.abs(a - b).max()) for a, b in pairs),
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
