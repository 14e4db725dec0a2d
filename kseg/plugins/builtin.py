"""The components that kseg itself brings, as names and places: nothing here imports them."""

# Each kind, and what one of it is called.
KINDS = {
    "layers": "layer",
    "losses": "loss",
    "metrics": "metric",
    "models": "model",
    "schedules": "schedule",
    "augment": "augmentation",
    "sources": "source",
}
# Entry-point groups in which other packages offer theirs. Schedules are kseg's own alone.
GROUPS = {
    kind: f"kseg.{kind}" for kind in ("layers", "losses", "metrics", "models", "augment", "sources")
}
_PARTS = {
    "layers": (
        "AttentionGate", "Conv2DBlock", "Conv3DBlock", "Deconv2DBlock", "DeconvBlock",
        "GroupNormalization", "InstanceNormalization", "Pool2DBlock", "Pool3DBlock",
        "Residual2DBlock", "Residual3DBlock", "SqueezeExcitation",
    ),
    "losses": (
        "CombinedLoss", "FocalCrossEntropy", "RegionCrossEntropy", "SoftDice", "TopKCrossEntropy",
        "Tversky", "WeightedCrossEntropy",
    ),
    "metrics": ("CaseDice", "VoxelAccuracy"),
    "models": ("DeepSupervisionModel", "fcn", "unet"),
    "schedules": (
        "OneCycle", "WarmupConstant", "WarmupCosine", "WarmupExponential", "WarmupPolynomial",
    ),
}  # fmt: skip
_AUGMENT = ("affine", "blur", "brightness", "contrast", "flip", "gamma", "lowres", "noise")
_SOURCES = ("digits", "msd", "nnunet", "phantom", "table")

BUILTIN: dict[str, dict[str, str]] = {
    **{kind: {name: f"kseg.{kind}:{name}" for name in names} for kind, names in _PARTS.items()},
    "augment": {name: f"kseg.patches.augment:{name.capitalize()}" for name in _AUGMENT},
    "sources": {name: f"kseg.dataset.sources.{name}:open_{name}" for name in _SOURCES},
}
