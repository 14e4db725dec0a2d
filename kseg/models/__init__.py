"""Network factories: plain arguments in, Keras models out."""

from kseg.models._block_arguments import taken_arguments
from kseg.models.build import FACTORIES, block_name, build
from kseg.models.costs import LayerCost, NetworkCosts, network_costs
from kseg.models.deep_supervision import DeepSupervisionModel, default_head_weights, thin_labels
from kseg.models.fcn import fcn
from kseg.models.nnunet import KAIMING_NORMAL, nnunet_arguments
from kseg.models.unet import HEAD_PREFIX, unet

__all__ = [
    "DeepSupervisionModel",
    "FACTORIES",
    "HEAD_PREFIX",
    "KAIMING_NORMAL",
    "LayerCost",
    "NetworkCosts",
    "block_name",
    "build",
    "default_head_weights",
    "fcn",
    "network_costs",
    "nnunet_arguments",
    "taken_arguments",
    "thin_labels",
    "unet",
]
