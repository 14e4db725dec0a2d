"""Encoder and decoder of a U-Net."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kseg.layers import AttentionGate, SqueezeExcitation
from kseg.models._block_arguments import taken_arguments
from kseg.models._ranks import DATA_FORMAT, Rank, rank_of
from kseg.models._topology import Topology


@dataclass(frozen=True)
class Body:
    """All of a U-Net but its heads.

    Args:
        topology: `Topology`.
        downsample: str, `"stride"` or a kind of pooling.
        block: `"plain"`, `"residual"`, or class of a layer.
        attention: bool, whether gates weigh the skips.
        squeeze_excitation: bool, whether the encoder weighs its channels.
        conv: dict, arguments of every convolution block.
        enlarge: dict, arguments of every transposed convolution.
    """

    topology: Topology
    downsample: str
    block: str | Callable
    attention: bool
    squeeze_excitation: bool
    conv: dict[str, object] = field(default_factory=dict)
    enlarge: dict[str, object] = field(default_factory=dict)

    @property
    def rank(self) -> Rank:
        """Layers for the number of axes of the image."""
        return rank_of(len(self.topology.strides[0]))

    def encode(self, x) -> list:
        """Return the features of each level, full resolution first."""
        features = []
        if self.block == "residual":
            x = self._plain(x, 0, "stem")
        for level in range(self.topology.depth):
            x = self._encode_level(x, level)
            features.append(x)
        return features

    def decode(self, features: list) -> list:
        """Return the decoded features of each level, full resolution first."""
        topology = self.topology
        decoded = [features[-1]]
        for level in reversed(range(topology.depth - 1)):
            skip = features[level]
            if self.attention:
                skip = self._gate(level)([decoded[0], skip])
            enlarge = self.rank.deconv_block(
                topology.widths[level],
                strides=topology.strides[level + 1],
                data_format=DATA_FORMAT,
                name=f"enlarge_{level}",
                **self.enlarge,
            )
            x = enlarge([decoded[0], skip])
            for index in range(topology.decoder_convs[level]):
                x = self._plain(x, level, f"up_{level}_{index}")
            decoded.insert(0, x)
        return decoded

    def _encode_level(self, x, level: int):
        strides = self.topology.strides[level]
        if level and self.downsample != "stride":
            pool = self.rank.pool_block(
                strides, kind=self.downsample, data_format=DATA_FORMAT, name=f"pool_{level}"
            )
            x, strides = pool(x), 1
        for index in range(self.topology.convs[level]):
            x = self._encoder_block(x, level, f"down_{level}_{index}", 1 if index else strides)
        if self.squeeze_excitation and self.block != "residual":
            x = SqueezeExcitation(data_format=DATA_FORMAT, name=f"excite_{level}")(x)
        return x

    def _encoder_block(self, x, level: int, name: str, strides):
        if self.block == "plain":
            return self._plain(x, level, name, strides)
        if self.block == "residual":
            return self._residual(x, level, name, strides)
        filters, kernel_size = self._size(level)
        offered = {"filters": filters, "kernel_size": kernel_size, "name": name}
        return self.block(**taken_arguments(self.block, {**offered, **self._blocks(strides)}))(x)

    def _gate(self, level: int):
        return AttentionGate(
            data_format=DATA_FORMAT,
            kernel_initializer=self.conv["kernel_initializer"],
            kernel_regularizer=self.conv["kernel_regularizer"],
            name=f"attend_{level}",
        )

    def _plain(self, x, level: int, name: str, strides=1):
        return self.rank.conv_block(*self._size(level), name=name, **self._blocks(strides))(x)

    def _residual(self, x, level: int, name: str, strides=1):
        block = self.rank.residual_block(
            *self._size(level),
            squeeze_excitation=self.squeeze_excitation,
            name=name,
            **self._blocks(strides),
        )
        return block(x)

    def _size(self, level: int) -> tuple[int, tuple[int, ...]]:
        return self.topology.widths[level], self.topology.kernels[level]

    def _blocks(self, strides) -> dict[str, object]:
        return {"strides": strides, "data_format": DATA_FORMAT, **self.conv}
