import pytest
from pydantic import ValidationError

from kseg.recipe import ModelSection, Recipe


def refusal(section, values):
    with pytest.raises(ValidationError) as caught:
        section(**values)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"depth": 2, "deep_supervision": 2}, "less than `model.depth` (2)"),
        ({"head_weights": (1.0, 0.5)}, "3 weights"),
        ({"head_weights": (0.0, 0.0, 0.0)}, "not all zero"),
        ({"filters": 400}, "at least `model.filters`"),
        ({"depth": 4, "filters": (8, 16)}, "must hold 4 entries, one for each level"),
        ({"depth": 4, "convs_per_level": (1, 3)}, "`convs_per_level` must hold 4 entries"),
        ({"depth": 4, "decoder_convs_per_level": (1,) * 4}, "must hold 3 entries, one for each"),
        (
            {"depth": 2, "deep_supervision": 0, "heads": "full_size"},
            "`heads` is not read with `deep_supervision: 0`. Remove it, or write scaled",
        ),
        (
            {"depth": 3, "filters": (8, 16, 32), "max_filters": 16},
            "`max_filters` is not read with a list of `filters`. Remove it, or write 320",
        ),
        ({"depth": 3, "strides": (2, 2)}, "`strides` must hold 3 entries"),
        ({"depth": 3, "strides": (2, 2, 2)}, "must begin with 1"),
        ({"depth": 3, "strides": (1, 2, (1, 2))}, "must have 3 numbers, as many as"),
        ({"depth": 3, "kernel_sizes": (3, 3)}, "`kernel_sizes` must hold 3 entries"),
        ({"depth": 3, "kernel_sizes": ((1, 3, 3), 3, 2), "padding": "symmetric"}, "must be odd"),
        ({"norm": "group", "filters": 12}, "must not be group unless 8 divides the channels"),
        ({"norm": "group", "max_filters": 100}, "(16, 32, 64, 100, 100)"),
        ({"kernel_stddev": 0.1}, "is not read by `he_normal`"),
        ({"dense_filters": 12}, "is not read by `unet`. Remove it, or choose `name: fcn`"),
        ({"name": "fcn", "depth": 3}, "is not read by `fcn`. Remove it, or choose `name: unet`"),
        ({"name": "fcn", "attention": True}, "`attention` is not read by `fcn`"),
        ({"name": "fcn", "filters": 32}, "must be a list with `model.name: fcn`"),
        ({"name": "fcn", "kernel_size": (1, 5, 5)}, "must have 2 numbers, as many as"),
        ({"block": "plian"}, "did you mean `plain`?"),
        ({"block": "SoftDice"}, "is a loss, not a layer"),
        ({"block_args": {"a": 1}}, "`block_args` is not read by `block: plain`"),
        ({"name": "fcn", "block": "residual"}, "`block` is not read by `fcn`"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(values, message):
    assert message in refusal(ModelSection, values)


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({"norm_momentum": 0.9}, ["norm_momentum"]),
        ({"kernel_stddev": 0.1}, ["kernel_stddev"]),
        ({"name": "fcn", "norm": "batch", "depth": 4}, ["depth", "norm"]),
        ({"name": "fcn", "norm_momentum": 0.9}, ["norm_momentum"]),
    ],
)
def test_a_key_that_nothing_reads_is_told_once_with_what_would_read_it(values, keys):
    text = refusal(ModelSection, values)
    assert text.count("is not read by") == len(keys)
    assert all(f"`{key}` is not read by" in text for key in keys)
    assert text.count("Remove it, or choose `") == len(keys) and ": `" not in text


def test_each_network_has_its_own_defaults_and_keys():
    unet, fcn = ModelSection(), ModelSection(name="fcn")
    assert (unet.dimensions, unet.filters, unet.activation, unet.dropout) == (
        3, 16, "leaky_relu", 0.0,
    )  # fmt: skip
    assert (fcn.dimensions, fcn.filters, fcn.activation, fcn.dropout) == (2, (32, 64), "relu", 0.5)
    assert {"depth", "strides", "heads", "l2"} <= fcn.unread_keys()
    assert {"pool", "border", "dense_kernel"} <= unet.unread_keys()
    shared = {"dimensions", "filters", "dropout", "activation", "initial_bias"}
    assert not shared & (fcn.unread_keys() | unet.unread_keys())


@pytest.mark.parametrize("name", ["unet", "fcn"])
def test_a_section_written_out_reads_to_the_same(name):
    section = ModelSection(name=name, kernel_initializer="truncated_normal")
    assert section.kernel_stddev == 0.01
    assert ModelSection(**section.model_dump()) == section


@pytest.mark.parametrize(
    ("model", "reduction"),
    [
        ({"depth": 4}, (8, 8, 8)),
        ({"depth": 3, "dimensions": 2}, (4, 4)),
        ({"depth": 4, "strides": (1, (1, 2, 2), 2, (1, 2, 3))}, (2, 8, 12)),
        ({"name": "fcn"}, (1, 1)),
    ],
)
def test_the_reduction_of_an_axis_is_the_product_of_its_strides(model, reduction):
    assert ModelSection(**model).reduction == reduction


STRIDES = {"depth": 3, "strides": (1, (1, 2, 2), 2)}


@pytest.mark.parametrize(
    ("model", "size"),
    [
        (STRIDES, (2, 8, 4)),
        ({"depth": 3, "dimensions": 2}, (1, 8, 4)),
        ({"name": "fcn"}, (1, 27, 27)),
    ],
)
def test_patches_need_to_be_divisible_by_the_strides_of_their_own_axis_alone(model, size):
    data = {"source": "digits"} if model is not STRIDES else {}
    values = {"data": data, "model": model, "patches": {"size": size}}
    recipe = Recipe(kseg=1, name="a", fit={"steps": 1}, **values)
    assert recipe.patches.size == size


@pytest.mark.parametrize(
    ("model", "size", "message"),
    [
        (STRIDES, (3, 8, 8), "must be divisible by [2, 4, 4], by which the levels"),
        (STRIDES, (2, 8, 6), "Nearest allowed value: [2, 8, 8]"),
        (STRIDES, (2, 4, 4), "more than one voxel on the coarsest of 3 levels"),
        ({"depth": 3, "dimensions": 2}, (1, 8, 6), "must be divisible by [1, 4, 4]"),
        ({"depth": 3}, (8, 8, 6), "must be divisible by 4 on each axis, which `model.depth: 3`"),
    ],
)
def test_patches_that_the_levels_cannot_shrink_are_refused(model, size, message):
    values = {"kseg": 1, "name": "a", "fit": {"steps": 1}, "model": model}
    if "dimensions" in model:
        values["data"] = {"source": "digits"}
    assert message in refusal(Recipe, {**values, "patches": {"size": size}})


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"dimensions": 2, "depth": 3}, "`model.dimensions` must be 3 unless `data.source` is"),
        ({"name": "fcn"}, "`model.name` must not be fcn unless `data.source` is digits"),
        ({"name": "fcn", "dimensions": 3}, "must not be fcn"),
    ],
)
def test_a_network_of_pictures_is_refused_where_the_data_are_volumes(model, message):
    values = {"kseg": 1, "name": "a", "fit": {"steps": 1}, "model": model}
    assert message in refusal(Recipe, values)
    digits = {"data": {"source": "digits"}}
    if model.get("dimensions") != 3:
        assert Recipe(**values, **digits).model.dimensions == 2


def test_a_block_may_be_a_layer_by_its_name():
    section = ModelSection(block="Residual3DBlock", block_args={"convs": 3})
    assert section.is_plugin_block and not ModelSection(block="residual").is_plugin_block
    assert ModelSection(**section.model_dump()) == section
