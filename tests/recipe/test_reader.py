import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kseg.recipe.reader import read_yaml


def is_empty(text):
    return all(line.strip(" \t.-").partition("#")[0] == "" for line in text.splitlines())


def messages(text):
    return [str(problem) for problem in read_yaml(text, "a.yaml")[1]]


def test_f03_a_duplicate_key_names_both_lines():
    (message,) = messages("fit:\n  steps: 1\n  seed: 2\n  steps: 3\n")
    assert message.startswith("a.yaml:4:3: fit.steps: ")
    assert "lines 2 and 4" in message


def test_f06_a_tab_is_named_with_its_line():
    (message,) = messages("fit:\n\tsteps: 1\n")
    assert message.startswith("a.yaml:2:1: ")
    assert "tab" in message and "spaces" in message


def test_f06_an_unclosed_bracket_shows_the_line_with_a_caret():
    (message,) = messages("a: [1, 2\nb: 3\n")
    assert message.startswith("a.yaml:2:2: ")
    assert message.splitlines()[1:] == ["    b: 3", "     ^"]


def test_f06_a_control_character_is_named():
    (message,) = messages("a: 1\nb: \x07\n")
    assert message.startswith("a.yaml:2:4: ")


def test_f07_anchors_and_aliases_are_refused_and_never_followed():
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 10))
    tree, problems = read_yaml(bomb, "a.yaml")
    assert len(problems) == 10 + 81
    assert problems[0].received == "&a0" and problems[2].received == "*a0"
    assert tree is not None


def test_f07_a_recursive_alias_is_refused():
    assert "anchors" in messages("a: &x [*x]\n")[0]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_f07_deep_nesting_is_refused_before_it_costs_anything(opening):
    (message,) = messages(opening * 3000)
    assert "deeper than 20" in message


def test_f08_a_tag_is_refused():
    (message,) = messages("a: !!python/object/apply:os.system [ls]\n")
    assert "must have no tag" in message and "os.system" in message


def test_two_documents_are_refused():
    assert "one document" in messages("a: 1\n---\nb: 2\n")[0]


def test_a_directive_is_refused():
    assert "directives" in messages("%YAML 1.1\n---\na: no\n")[0]


@pytest.mark.parametrize("key", ["1", "null", "[a]", "{a: b}", "true"])
def test_a_key_that_is_no_word_is_refused(key):
    assert "word as key" in messages(f"? {key}\n: 3\n")[0]


def test_structure_mistakes_are_all_found_at_once():
    found = messages("a: &x 1\nb: !t 2\nb: 3\nc: *x\n")
    assert [message.split(":")[1] for message in found] == ["1", "2", "3", "4"]


@settings(max_examples=150)
@given(st.text(alphabet="ab:{}[],-&*!|>'\"#%@`?~ \n\t0.e\\", max_size=40))
def test_any_text_is_read_or_has_a_problem(text):
    tree, problems = read_yaml(text, "a.yaml")
    assert tree is not None or problems or is_empty(text)
