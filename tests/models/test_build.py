import pytest

from kseg.models import FACTORIES, build


def test_a_network_is_built_by_name_from_plain_arguments():
    model = build("unet", 2, 5, {"depth": 3, "filters": 2, "deep_supervision": 1})
    assert model.input_shape == (None, None, None, None, 2)
    assert [head.shape[-1] for head in model.output.values()] == [5, 5]


def test_an_unknown_network_is_refused():
    with pytest.raises(ValueError, match=r"must be one of \['unet'\]. Received: name='vnet'"):
        build("vnet", 1, 2, {})


def test_an_unknown_argument_is_refused():
    with pytest.raises(TypeError, match="width"):
        build("unet", 1, 2, {"width": 3})


def test_every_factory_takes_channels_and_classes_first():
    for factory in FACTORIES.values():
        assert factory(1, 2, depth=2, filters=2).output_shape == (None, None, None, None, 2)
