"""The layouts that a data set can come in, one file each."""

from kseg.dataset.sources.msd import open_msd
from kseg.dataset.sources.nnunet import open_nnunet
from kseg.dataset.sources.phantom import PhantomSettings, open_phantom
from kseg.dataset.sources.plugged import open_plugged
from kseg.dataset.sources.table import open_table

__all__ = [
    "PhantomSettings",
    "open_msd",
    "open_nnunet",
    "open_phantom",
    "open_plugged",
    "open_table",
]
