"""Train with kseg's parts in plain Keras, save, and predict the same in a new process.

Run it with `python train_with_parts.py [FOLDER]`; it takes seconds, and no images are needed.
"""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from kseg import parts

LOAD = """
import sys, keras, numpy as np, kseg.parts  # the import makes kseg's classes known to Keras
model = keras.saving.load_model(sys.argv[1] + "/balls.keras")
np.save(sys.argv[1] + "/again.npy", model.predict(np.load(sys.argv[1] + "/scans.npy"), verbose=0))
"""

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
generator = np.random.default_rng(0)
distance = np.linalg.norm(
    np.indices((16, 16, 16)) - generator.uniform(5, 11, (8, 3, 1, 1, 1)), axis=1
)
labels = (distance < 4).astype("uint8")  # one ball a scan, (scan, z, y, x)
scans = (labels + generator.normal(0, 0.5, labels.shape)).astype("float32")[..., None]

keras.utils.set_random_seed(0)
model = parts.unet(channels=1, classes=2, depth=2, filters=4, deep_supervision=1)
loss = parts.CombinedLoss([(parts.WeightedCrossEntropy("batch"), 1.0), (parts.SoftDice(), 1.0)])
model.compile(keras.optimizers.Adam(3e-3), loss, metrics=[parts.CaseDice()])
model.fit(scans, labels, batch_size=2, epochs=8, verbose=2)

model.save(folder / "balls.keras")
np.save(folder / "scans.npy", scans)
subprocess.run([sys.executable, "-c", LOAD, str(folder)], check=True)
equal = np.array_equal(model.predict(scans, verbose=0), np.load(folder / "again.npy"))
print("equal" if equal else "NOT equal")
