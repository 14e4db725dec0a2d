"""The contract of kseg's parts as one call: run it in the tests of a layer, loss, model or step."""

from kseg.testing.augment import check_augment
from kseg.testing.contract import ContractError
from kseg.testing.layer import check_layer
from kseg.testing.loss import check_loss
from kseg.testing.model import check_model

__all__ = ["ContractError", "check_augment", "check_layer", "check_loss", "check_model"]
