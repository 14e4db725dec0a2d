"""Model folders: a trained network and all it needs to predict, as plain data."""

from kseg.bundle.description import ModelDescription, PredictDefaults
from kseg.bundle.load import load_network, transfer_weights
from kseg.bundle.read import ModelFolder, find_model_folder, read_model
from kseg.bundle.weights import model_weights, read_shapes, read_weights, write_weights
from kseg.bundle.write import write_model

__all__ = [
    "ModelDescription",
    "ModelFolder",
    "PredictDefaults",
    "find_model_folder",
    "load_network",
    "model_weights",
    "read_model",
    "read_shapes",
    "read_weights",
    "transfer_weights",
    "write_model",
    "write_weights",
]
