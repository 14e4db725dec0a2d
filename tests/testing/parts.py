"""Arguments with which each of kseg's parts runs through its contract."""

from kseg import parts

VOLUME, PICTURE = (2, 4, 4, 4, 3), (2, 8, 8, 3)
SMALL, LARGE = (2, 4, 4, 4, 3), (2, 8, 8, 8, 2)
OLDER = {"norm": "batch", "activation": "relu", "use_bias": True, "dropout": 0.2}

# Name, arguments, shape of the input.
LAYERS = [
    ("AttentionGate", {"filters": 2}, [SMALL, LARGE]),
    ("Conv2DBlock", {"filters": 2, "strides": 2}, PICTURE),
    ("Conv3DBlock", {"filters": 2, "strides": 2}, VOLUME),
    ("Conv3DBlock", {"filters": 2, **OLDER}, VOLUME),
    ("Conv3DBlock", {"filters": 2, "padding": "symmetric", "norm": "layer"}, VOLUME),
    ("Deconv2DBlock", {"filters": 2}, PICTURE),
    ("DeconvBlock", {"filters": 2}, VOLUME),
    ("DeconvBlock", {"filters": 2, "fusion": "concat"}, [SMALL, LARGE]),
    ("GroupNormalization", {"groups": 2}, (2, 4, 4, 4, 4)),
    ("InstanceNormalization", {}, VOLUME),
    ("Pool2DBlock", {"kind": "mean"}, PICTURE),
    ("Pool3DBlock", {"kind": "max"}, VOLUME),
    ("Pool3DBlock", {"kind": "trainable", "border": "drop"}, VOLUME),
    ("Residual2DBlock", {"filters": 2}, PICTURE),
    ("Residual3DBlock", {"filters": 4, "strides": 2, "squeeze_excitation": True}, VOLUME),
    ("SqueezeExcitation", {"ratio": 1}, VOLUME),
]
# Name, arguments, and what else check_loss is told.
LOSSES = [
    ("FocalCrossEntropy", {}, {}),
    ("RegionCrossEntropy", {"regions": [[1, 2], [2]]}, {"classes": 2, "labels": 3}),
    ("SoftDice", {}, {}),
    ("SoftDice", {"per": "batch", "background": True}, {"classes": 2, "dimensions": 2}),
    ("SoftDice", {"regions": [[1, 2], [2]]}, {"classes": 2, "labels": 3}),
    ("TopKCrossEntropy", {"share": 0.5}, {}),
    ("Tversky", {"gamma": 1.33}, {"dimensions": 2}),
    ("WeightedCrossEntropy", {}, {"classes": 2}),
    ("WeightedCrossEntropy", {"class_weights": "batch"}, {}),
    ("WeightedCrossEntropy", {"class_weights": [0.2, 1.0, 3.0]}, {"dimensions": 2}),
]
# Name, arguments, shape of the image, and what else check_model is told.
MODELS = [
    (
        "fcn",
        {"filters": [2], "dense_filters": 4, "dense_kernel": 4},
        (2, 8, 8, 1),
        {"output_shape": (2, 1, 1, 3)},
    ),
    ("unet", {"depth": 2, "filters": 2}, (2, 8, 8, 8, 2), {}),
    ("unet", {"depth": 3, "filters": 2, "deep_supervision": 2}, (2, 8, 8, 8, 1), {"classes": 2}),
    ("unet", {"depth": 2, "filters": 2, "dimensions": 2}, (2, 8, 8, 1), {}),
]


def names_of(kind) -> set[str]:
    """Return the names of the parts that are classes below `kind`."""
    found = {name: getattr(parts, name) for name in parts.__all__}
    return {
        name for name, part in found.items() if isinstance(part, type) and issubclass(part, kind)
    }
