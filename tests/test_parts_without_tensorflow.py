import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Notes what is asked for too: that means something also where TensorFlow is not installed. It
# starts after Keras, since torch looks whether there is a TensorFlow.
CODE = """
import sys
import keras, numpy as np

class Watch:
    asked = []

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            self.asked.append(name)

sys.meta_path.insert(0, Watch())
import kseg.parts
model = kseg.parts.unet(1, 2, depth=2, filters=2, deep_supervision=1)
assert model(np.zeros((1, 4, 4, 4, 1), "float32")).shape == (1, 4, 4, 4, 2)
loss = kseg.parts.CombinedLoss([(kseg.parts.SoftDice(), 1.0)])
loss(np.zeros((1, 4, 4, 4), "uint8"), np.zeros((1, 4, 4, 4, 2), "float32"))
print(keras.backend.backend(), Watch.asked, "tensorflow" in sys.modules)
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends_do_without_tensorflow(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed; `.ci/backends {backend}` installs and tests it")
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "KERAS_BACKEND": backend},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == f"{backend} [] False"


def test_the_contracts_of_layers_losses_and_models_do_without_tensorflow():
    """Keras starts first: here it may well stand on TensorFlow itself."""
    code = (
        "import sys, keras; sys.modules['tensorflow'] = None\n"
        "from kseg.testing import check_augment, check_layer, check_loss, check_model"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
