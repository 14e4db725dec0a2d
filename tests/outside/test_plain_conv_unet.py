"""Our network against the PyTorch one of nnU-Net, with its weights copied over.

Needs `torch` and `dynamic-network-architectures` beside Keras; a CPU is enough:
`pip install torch dynamic-network-architectures`, then `pytest tests/outside`.
"""

import keras
import numpy as np
import pytest

from kseg.models import nnunet_arguments, unet

torch = pytest.importorskip("torch", reason="the network to compare with is written in PyTorch")
architectures = pytest.importorskip(
    "dynamic_network_architectures.architectures.unet",
    reason="dynamic-network-architectures holds the network to compare with",
)

# Filters, strides, kernels and size of the patch. The last two have slices thicker than wide.
PLANS = {
    "small": ((4, 8, 12), [1, 2, 2], [3, 3, 3], (8, 12, 8)),
    "hippocampus": ((32, 64, 128, 256), [1, 2, 2, 2], [3] * 4, (40, 56, 40)),
    "slices of 2.5 mm": (
        (4, 8, 8), [1, (1, 2, 2), (2, 2, 1)], [(1, 3, 3), 3, 3], (4, 12, 8)
    ),
    "slices of 5 mm": (
        (4, 8, 8), [1, (1, 2, 2), (1, 2, 2)], [(1, 3, 3), (1, 3, 3), 3], (3, 8, 12)
    ),
    "pictures": ((4, 8, 8), [1, 2, 2], [3] * 3, (12, 8)),
}  # fmt: skip


def triples(entries, dimensions):
    return [(entry,) * dimensions if isinstance(entry, int) else entry for entry in entries]


def theirs(filters, strides, kernels, dimensions):
    torch.manual_seed(0)
    network = architectures.PlainConvUNet(
        1, len(filters), filters,
        {2: torch.nn.Conv2d, 3: torch.nn.Conv3d}[dimensions],
        triples(kernels, dimensions), triples(strides, dimensions),
        2, 3, 2,
        conv_bias=True,
        norm_op={2: torch.nn.InstanceNorm2d, 3: torch.nn.InstanceNorm3d}[dimensions],
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=torch.nn.LeakyReLU, nonlin_kwargs={"inplace": True},
        deep_supervision=True,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        # At first all biases are 0 and all scales 1; what is forgotten would not be seen.
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return network.eval()


def copied(network, filters, dimensions):
    """Return each PyTorch array under the path of our variable."""
    found = {}

    def take(module, path):
        for key, tensor in module.state_dict().items():
            array = tensor.detach().cpu().numpy()
            if key == "weight" and array.ndim > 1:
                # (out, in, z, y, x), of a transposed convolution (in, out, z, y, x).
                found[f"{path}/kernel"] = array.transpose(*range(2, 2 + dimensions), 1, 0)
            else:
                found[f"{path}/{key}"] = array

    def take_block(block, path):
        take(block.conv, f"{path}/convolution")
        found[f"{path}/bias"] = found.pop(f"{path}/convolution/bias")
        norm = block.norm.state_dict()
        found[f"{path}/norm/gamma"] = norm["weight"].cpu().numpy()
        found[f"{path}/norm/beta"] = norm["bias"].cpu().numpy()

    for level, stage in enumerate(network.encoder.stages):
        for index, block in enumerate(stage[-1].convs):
            take_block(block, f"down_{level}_{index}")
    coarsest = len(filters) - 1
    for step, stage in enumerate(network.decoder.stages):
        level = coarsest - 1 - step
        take(network.decoder.transpconvs[step], f"enlarge_{level}/deconvolution")
        take(network.decoder.seg_layers[step], f"head_{level}")
        for index, block in enumerate(stage.convs):
            take_block(block, f"up_{level}_{index}")
    return found


@pytest.mark.parametrize("plan", PLANS)
def test_logits_of_all_heads_agree_with_the_weights_copied_over(plan, record_property):
    filters, strides, kernels, size = PLANS[plan]
    dimensions = len(size)
    network = theirs(filters, strides, kernels, dimensions)
    model = unet(1, 3, **nnunet_arguments(filters, strides, kernels, dimensions=dimensions))
    # Their decoder lists the encoder's weights a second time, as a part of itself.
    assert model.count_params() == sum(p.numel() for p in set(network.parameters()))

    weights = copied(network, filters, dimensions)
    assert {weight.path for weight in model.weights} == set(weights)
    for weight in model.weights:
        weight.assign(weights[weight.path])

    image = np.random.default_rng(0).normal(size=(1, 1, *size)).astype("float32")
    with torch.no_grad():
        expected = [head.numpy() for head in network(torch.from_numpy(image))]
    heads = model(np.moveaxis(image, 1, -1), training=True)
    assert len(expected) == len(heads) == len(filters) - 1
    for (name, head), other in zip(heads.items(), expected, strict=True):
        found = np.moveaxis(keras.ops.convert_to_numpy(head), -1, 1)
        worst = float(np.abs(found - other).max())
        record_property(name, worst)
        assert found.shape == other.shape and worst < 1e-4
