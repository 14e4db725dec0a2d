"""The shape of the project: mirrors, exports, sizes, and a word for every key of a recipe."""

import ast
import configparser
import importlib
from pathlib import Path

import pytest

from kseg.recipe.section import Section

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "kseg").rglob("*.py"))
# The verbs of the command line have no names to offer.
ROOMS = [path for path in SOURCES if path.name == "__init__.py" and path.parent.name != "cli"]
LONGEST_FILE = 300
# Names that a room imports when they are first asked for.
LAZY = {"kseg": {"__version__", "parts"}, "kseg/tune": {"Jobs", "SearchResult", "search"}}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def has_own_tests(path):
    return not path.name.startswith("_")


def test_every_source_file_has_its_mirror_in_the_tests():
    missing = []
    for source in filter(has_own_tests, SOURCES):
        place = source.relative_to(ROOT / "kseg")
        if not (ROOT / "tests" / place.parent / f"test_{place.name}").is_file():
            missing.append(name_of(source))
    assert not missing


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert all((folder / "__init__.py").is_file() for folder in folders)


def test_no_file_is_longer_than_300_lines():
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "recipes").glob("*.yaml")]
    long = {name_of(path): len(path.read_text().splitlines()) for path in files}
    assert not {name: lines for name, lines in long.items() if lines > LONGEST_FILE}


@pytest.mark.parametrize("room", [name_of(path.parent) for path in ROOMS])
def test_a_room_lists_exactly_its_public_names_in_order(room):
    names = importlib.import_module(room.replace("/", ".")).__all__
    assert list(names) == sorted(names)
    tree = ast.parse((ROOT / room / "__init__.py").read_text())
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    defined = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    } - {"__getattr__"}
    lazy = LAZY.get(room, set())
    assert set(names) == imported | defined | lazy


def test_parts_lists_exactly_what_it_imports_in_order():
    parts = importlib.import_module("kseg.parts")
    assert list(parts.__all__) == sorted(parts.__all__)
    public = {name for name in vars(parts) if name.isidentifier() and name[0] != "_"}
    assert public == set(parts.__all__)


def test_every_public_name_has_a_docstring_that_says_what_it_takes():
    silent = []
    for room in ROOMS:
        module = importlib.import_module(name_of(room.parent).replace("/", "."))
        for name in module.__all__:
            part = getattr(module, name)
            if not callable(part) or getattr(part, "__module__", "").split(".")[0] != "kseg":
                continue
            text = part.__doc__ or ""
            if not text.strip().split("\n")[0].rstrip().endswith((".", ":")):
                silent.append(f"{module.__name__}.{name}")
    assert not silent


def test_every_key_of_a_recipe_is_documented():
    keys = {
        f"{section.__name__}.{key}": field.description
        for section in Section.__subclasses__()
        if section.__module__.startswith(("kseg.recipe.sections_", "kseg.recipe.schema"))
        for key, field in section.model_fields.items()
    }
    assert len(keys) > 80
    assert not [key for key, meaning in keys.items() if not (meaning or "").endswith(".")]


def test_every_package_is_listed_for_the_wheel():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    listed = set(setup["options"]["packages"].split())
    found = {
        name_of(path.parent).replace("/", ".") for path in SOURCES if path.name == "__init__.py"
    }
    assert listed == found | {"kseg.recipes"}
