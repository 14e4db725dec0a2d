"""Model folders: a trained network and all it needs to predict, as plain data.

Reading one needs neither Keras nor TensorFlow; `load_network` imports them.
"""

from kseg.bundle.description import NOTICE, ModelDescription, PredictDefaults
from kseg.bundle.files import DESCRIPTION_FILE, WEIGHTS_FILE
from kseg.bundle.load import load_network, transfer_weights
from kseg.bundle.read import ModelFolder, read_model, read_weights
from kseg.bundle.weights import model_weights, write_weights
from kseg.bundle.write import model_record, write_model

__all__ = [
    "DESCRIPTION_FILE",
    "ModelDescription",
    "ModelFolder",
    "NOTICE",
    "PredictDefaults",
    "WEIGHTS_FILE",
    "load_network",
    "model_record",
    "model_weights",
    "read_model",
    "read_weights",
    "transfer_weights",
    "write_model",
    "write_weights",
]
