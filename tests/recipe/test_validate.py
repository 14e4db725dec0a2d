import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kseg.errors import RecipeError
from kseg.recipe import load_recipe
from kseg.recipe.scalars import write_flow
from tests.recipe.helpers import BASE, refused, write


def test_four_mistakes_give_four_messages_with_place_and_advice(tmp_path):
    path = write(
        tmp_path,
        """\
        kseg: 1
        name: a
        fit: {steps: 3}
        optimizer:
          learing_rate: 1e-3
        patches:
          size: 128
          batch: 0
          ram: 1G
          ram: 2G
        """,
    )
    lines, error = refused(path)
    assert [line.split(": ")[0].removeprefix(f"{path}:") for line in lines] == [
        "5:3", "7:9", "8:10", "10:3",
    ]  # fmt: skip
    assert "Did you mean `learning_rate`?" in lines[0]
    assert "list of 3 integers" in lines[1] and "Received: 128." in lines[1]
    assert "[32, 96, 96]" in lines[1]
    assert "Nearest allowed value: 1." in lines[2]
    assert "lines 9 and 10" in lines[3]
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_misplaced_key_is_sent_home(tmp_path):
    lines, _ = refused(write(tmp_path, BASE + "epochs: 3\nmodel: {size: [1, 2, 3]}\n"))
    assert "`epochs` belongs in `fit`" in lines[0]
    assert "`size` belongs in `patches`" in lines[1]


def test_a_merge_key_is_told_about_extends(tmp_path):
    lines, _ = refused(write(tmp_path, BASE + "<<: {name: b}\n"))
    assert "extends" in lines[0]


@pytest.mark.parametrize(
    ("text", "must", "advice"),
    [
        ("model: {depth: '4'}", "integer", "Remove the quotes: 4."),
        ("model: {depth: 4.0}", "integer", "Write 4."),
        ("model: {depth: true}", "integer", "default is 5"),
        ("optimizer: {learning_rate: .nan}", "number", "0.002"),
        ("optimizer: {learning_rate: .inf}", "number", "0.002"),
        ("optimizer: {weight_decay: '1e-4'}", "number", "Remove the quotes: 1e-4."),
        ("predict: {mirror: no}", "true or false", "Write false."),
        ("preprocess: {spacing_mm: [3, '3', 3]}", "3 numbers above 0 or median", "For instance"),
        ("preprocess: {spacing_mm: meadian}", "or median", "Did you mean `median`?"),
        ("patches: {ram: 4 gigabytes}", "text such as 500M", "For instance"),
        ("data: {assume_orientation: RAR}", "three letters", "RAS"),
        ("name: a b", "text such as", "For instance"),
        ("augment: {affine: {scale: [2, 1]}}", "lower end first", "For instance"),
        ("augment: {flip: {axes: [x, w]}}", "words of z, y, x or auto", "For instance"),
        ("model: 3", "mapping", "Meaning"),
        ("fit: [budget]", "mapping", "Meaning"),
        ("model: {head_weights: 1}", "list of numbers", "For instance"),
    ],
)
def test_one_wrong_value_gives_one_message_with_advice(tmp_path, text, must, advice):
    base = "".join(line for line in BASE.splitlines(True) if line[:3] != text[:3])
    lines, _ = refused(write(tmp_path, base + text + "\n"))
    assert len(lines) == 1
    assert must in lines[0] and advice in lines[0]


def test_a_wrong_value_does_not_hide_a_misfit_elsewhere(tmp_path):
    text = "kseg: 1\nname: 3\npatches: {size: [30, 96, 96]}\nmodel: {depth: 4, dropout: 2}\n"
    lines, _ = refused(write(tmp_path, text))
    assert len(lines) == 4
    assert "fit.budget" in lines[0] and "must be given" in lines[0]
    assert "divisible by 8" in lines[2] and "[32, 96, 96]" in lines[2]


def test_a_typo_does_not_cause_a_second_message_about_its_default(tmp_path):
    lines, _ = refused(write(tmp_path, BASE + "patches: {size: [8, 88, 88]}\nmodel: {dpth: 4}\n"))
    assert len(lines) == 1 and "`depth`" in lines[0]


def test_f11_a_newer_recipe_is_refused(tmp_path):
    lines, error = refused(write(tmp_path, "kseg: 2\nname: a\nfit: {steps: 1}\n"))
    assert len(lines) == 1 and "update kseg" in lines[0]
    assert error.code == "KS-F11"


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.dictionaries(
        st.sampled_from("kseg name data fit model loss patches augment schedule extends x".split()),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from("name size seed budget flip probability dice depth".split()),
                    inner,
                )
            ),
            max_leaves=8,
        ),
    )
)
def test_any_mapping_is_a_recipe_or_a_recipe_error(tmp_path, mapping):
    path = write(tmp_path, write_flow(mapping))
    try:
        load_recipe(path)
    except RecipeError as error:
        assert error.why
