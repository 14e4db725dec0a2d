"""Models in other forms: Keras' own file, and a zip of the model folder."""

from kseg.export.archive import write_archive
from kseg.export.keras_file import write_keras

__all__ = ["write_archive", "write_keras"]
