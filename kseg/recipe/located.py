"""Values that know where they were written, and mistakes that can be shown there."""

from collections.abc import Iterable
from dataclasses import dataclass

from kseg.errors import RecipeError
from kseg.recipe.scalars import quote, write_flow

Path = tuple[str, ...]
LONGEST_RECEIVED = 80


@dataclass(frozen=True, order=True)
class Mark:
    """A place: in a file, or on the command line.

    Args:
        rank: int, order in which places are listed: the recipe, its parents, the command line.
        source: str, the file as the user would name it, or `--set a.b=1`.
        line: int, from 1; 0 on the command line.
        column: int, from 1; 0 on the command line.
    """

    rank: int
    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`, or the words of the command line."""
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source

    @property
    def origin(self) -> str:
        """`file:line`, or the name of the option."""
        return f"{self.source}:{self.line}" if self.line else self.source.split(" ", 1)[0]


@dataclass(frozen=True)
class Located:
    """A value and where it was written.

    Args:
        value: None, bool, int, float, str, a tuple of such, or a dict from str to `Located`.
        mark: where the value begins.
        key_mark: where its key begins.
    """

    value: object
    mark: Mark
    key_mark: Mark

    def plain(self) -> object:
        """Return the value with dicts and scalars only."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        return self.value

    def find(self, path: Iterable[str]) -> "Located | None":
        """Return what stands at a path of keys, or None."""
        node = self
        for key in path:
            if not isinstance(node.value, dict) or key not in node.value:
                return None
            node = node.value[key]
        return node


@dataclass(frozen=True)
class Problem:
    """One mistake: where, which key, what must hold, what came, what to do.

    Args:
        mark: where it stands.
        must: str, what must hold.
        advice: str, what to do, one or more sentences.
        code: str, stable identifier.
        key: tuple of str, path of the key; empty where there is none.
        received: str, what was found, ready to be shown; empty where that says nothing.
    """

    mark: Mark
    must: str
    advice: str
    code: str
    key: Path = ()
    received: str = ""

    def __str__(self) -> str:
        """Return the line that is shown."""
        key = f"{'.'.join(self.key)}: " if self.key else ""
        received = f" Received: {self.received}." if self.received else ""
        return f"{self.mark}: {key}{self.must}.{received} {self.advice}"


def show_value(value: object) -> str:
    """Write a value for a message: on one line, text in quotes, cut when long.

    Example:
        >>> show_value("3"), show_value((32, 96))
        ('"3"', '[32, 96]')
    """
    text = quote(value) if isinstance(value, str) else write_flow(value)
    return text if len(text) <= LONGEST_RECEIVED else text[: LONGEST_RECEIVED - 3] + "..."


def refuse(problems: Iterable[Problem], file: str) -> None:
    """Raise one error that tells all problems, in the order of their places.

    Args:
        problems: the problems; none is no error.
        file: str, the recipe that was asked for.

    Raises:
        RecipeError: if there is a problem.
    """
    ordered = sorted(dict.fromkeys(problems), key=lambda p: (p.mark, p.key, p.must))
    if not ordered:
        return
    codes = {problem.code for problem in ordered}
    places = "this place" if len(ordered) == 1 else f"these {len(ordered)} places"
    raise RecipeError(
        why="\n".join(map(str, ordered)),
        file=file,
        fix=f"Correct {places}; `kseg schema` lists every key with its meaning.",
        code=codes.pop() if len(codes) == 1 else "KS-F00",
    )
