from pathlib import Path

import pytest

from kseg.recipe import load_recipe
from kseg.recipe.files import expand, is_file, is_folder
from tests.recipe.helpers import BASE, refused, write


def test_a_byte_order_mark_of_utf_8_does_no_harm(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + BASE.encode())
    assert load_recipe(path).recipe.name == "a"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BASE.encode("utf-16"), "UTF-16"),
        (b"kseg: 1\nname: caf\xe9\n", "line 2"),
        (b"#" * (2**20 + 1), "1 MiB"),
    ],
)
def test_a_file_that_is_no_small_utf_8_text_is_refused(tmp_path, data, why):
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    assert why in refused(path)[0][0]


def test_names_that_no_file_can_have_are_not_there():
    for name in ("x" * 5000, "a\0b"):
        assert not is_file(Path(name))
        assert not is_folder(Path(name))


def test_tilde_is_home_where_there_is_such_a_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert str(expand("~/a")) == "/home/somebody/a"
    assert str(expand("~nobody-of-this-name/a")) == "~nobody-of-this-name/a"


def test_a_recipe_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path, BASE)
    monkeypatch.setattr(Path, "open", refuse)
    assert "Permission denied" in refused(path)[0][0]
