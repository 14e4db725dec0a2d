"""Changes made to a recipe on the command line: `--set a.b=value` and single options."""

from collections.abc import Mapping, Sequence
from os import PathLike, fspath

from kseg.recipe.located import Located, Mark, Problem, show_value
from kseg.recipe.merge import merge
from kseg.recipe.reader import read_yaml
from kseg.recipe.scalars import write_flow
from kseg.recipe.sections_data import OWN_SOURCES

# Options whose name is not the last word of their key.
OPTION_NAMES = {"data.root": "--data"}
# Sources in whose place a folder on the command line may stand.
RECOGNISED = frozenset(OWN_SOURCES) - {"digits"}
# Places on the command line are listed after those in files.
FIRST_RANK = 1000


def read_overrides(
    overrides: Sequence[str], flags: Mapping[str, object], source: object = None
) -> tuple[Located, list[Problem]]:
    """Read all changes of the command line into one layer; options win over `--set`.

    Args:
        overrides: sequence of `a.b=value`, the value in YAML; a later one wins.
        flags: mapping from a dotted key to the value of its option; None is not given.
        source: `data.source` of the files. A folder on the command line is recognised whatever
            that is, but for digits, which have one layout and networks of their own, and for a
            source of another package.

    Returns:
        The layer, a mapping, and the mistakes found.

    Example:
        >>> layer, problems = read_overrides(["model.depth=4"], {"fit.budget": "20m"})
        >>> layer.plain(), problems
        ({'model': {'depth': 4}, 'fit': {'budget': '20m'}}, [])
    """
    nowhere = Mark(FIRST_RANK, "the command line")
    layer = Located({}, nowhere, nowhere)
    problems: list[Problem] = []
    for rank, text in enumerate(overrides, FIRST_RANK):
        change, found = _read_override(text, rank)
        problems += found
        if change is not None:
            layer = merge(change, layer, None)
    given = {key: value for key, value in flags.items() if value is not None}
    key = ("data", "source")
    is_open = layer.find(key) is None and "data.source" not in given
    if "data.root" in given and is_open and source in (None, *RECOGNISED):
        layer = merge(_nested(key, "auto", _flag_mark("data.root", given)), layer, None)
    for key, value in given.items():
        value = fspath(value) if isinstance(value, PathLike) else value
        value = tuple(value) if isinstance(value, list) else value
        change = _nested(tuple(key.split(".")), value, _flag_mark(key, given))
        layer = merge(change, layer, None)
    return layer, problems


def _flag_mark(key: str, given: Mapping[str, object]) -> Mark:
    option = OPTION_NAMES.get(key, "--" + key.rsplit(".", 1)[-1].replace("_", "-"))
    value = given[key]
    shown = write_flow(value) if isinstance(value, (bool, int, float)) else value
    return Mark(FIRST_RANK * 2, f"{option} {shown}")


def _read_override(text: str, rank: int) -> tuple[Located | None, list[Problem]]:
    mark = Mark(rank, f"--set {text}")
    key, sign, value = text.partition("=")
    path = tuple(key.strip().split("."))
    if not sign or not all(path):
        must, advice = "must be KEY=VALUE", "For instance --set model.depth=4."
        return None, [Problem(mark, must, advice, "KS-F06", (), show_value(text))]
    if path == ("extends",):
        must = "can stand in a file only"
        return None, [Problem(mark, must, "Give the other recipe's name instead.", "KS-F01", path)]
    tree, found = read_yaml(value, mark.source, rank)
    problems = [Problem(mark, p.must, p.advice, p.code, path, p.received) for p in found]
    if tree is None:
        return (None if found else _nested(path, None, mark)), problems
    return _nested(path, _moved(tree, mark).value, mark), problems


def _moved(tree: Located, mark: Mark) -> Located:
    """Let every value of a tree stand at one place."""
    if not isinstance(tree.value, dict):
        return Located(tree.value, mark, mark)
    return Located({k: _moved(child, mark) for k, child in tree.value.items()}, mark, mark)


def _nested(path: tuple[str, ...], value: object, mark: Mark) -> Located:
    node = Located(value, mark, mark)
    for key in reversed(path):
        node = Located({key: node}, mark, mark)
    return node
