"""Strict YAML 1.2 from text to located values, with every structural mistake in one pass."""

from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from kseg.recipe.located import Located, Mark, Problem, show_value
from kseg.recipe.scalars import resolve

DEEPEST = 20


def read_yaml(text: str, source: str, rank: int = 0) -> tuple[Located | None, list[Problem]]:
    """Read one YAML document.

    Args:
        text: str, the document.
        source: str, the name of its file for messages.
        rank: int, place of the file in a list of messages.

    Returns:
        What could be read (None where nothing could), and the mistakes found.

    Example:
        >>> tree, problems = read_yaml("fit: {steps: 1e3}", "a.yaml")
        >>> tree.plain(), problems
        ({'fit': {'steps': 1000.0}}, [])
    """
    reader = _Reader(text, source, rank)
    try:
        return reader.document(), reader.problems
    except _Unreadable:
        return None, reader.problems


class _Unreadable(Exception):
    """Reading cannot go on; the reason stands among the problems."""


class _Reader:
    """Builds located values from the parser's events; aliases are never followed."""

    def __init__(self, text: str, source: str, rank: int):
        self.text = text
        self.source = source
        self.rank = rank
        self.problems: list[Problem] = []
        self.events = self._parse()

    def document(self) -> Located | None:
        tree = None
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if event.version or event.tags:
                    self._report(event, "must hold no % directives", "Remove that line.", "KS-F08")
                if documents > 1:
                    self._report(
                        event, "must hold one document", "Remove `---` and what follows.", "KS-F06"
                    )
                    break
                tree = self._node(next(self.events), None, 1)
        return tree

    def _parse(self) -> Iterator[Event]:
        try:
            yield from YAML(typ="safe", pure=True).parse(self.text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._fail(mark.line, mark.column, error)
        except (YAMLError, ValueError) as error:
            position = getattr(error, "position", 0)
            before = self.text[:position]
            self._fail(before.count("\n"), position - before.rfind("\n") - 1, error)

    def _fail(self, line: int, column: int, error: Exception) -> None:
        lines = self.text.splitlines() or [""]
        shown = lines[min(line, len(lines) - 1)]
        reason = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
        advice = "Check brackets, quotes, colons and indentation here and just above."
        if "\t" in shown[: len(shown) - len(shown.lstrip())] or "\\t" in reason:
            reason = "a tab cannot indent a line"
            advice = "Indent with spaces."
        context = getattr(error, "context", None)
        where = f" ({context})" if context and "indent" not in reason else ""
        start = max(0, column - 60)
        excerpt = f"\n    {shown[start : start + 100]}\n    {' ' * (column - start)}^"
        place = Mark(self.rank, self.source, line + 1, column + 1)
        must = f"must be readable as YAML: {' '.join(reason.split())}{where}"
        self.problems.append(Problem(place, must, advice + excerpt, "KS-F06"))
        raise _Unreadable from error

    def _mark(self, event: Event) -> Mark:
        start = event.start_mark
        return Mark(self.rank, self.source, start.line + 1, start.column + 1)

    def _report(self, event: Event, must: str, advice: str, code: str, key=(), received="") -> None:
        self.problems.append(Problem(self._mark(event), must, advice, code, key, received))

    def _node(self, event: Event, key_mark: Mark | None, depth: int, path=()) -> Located:
        mark = self._mark(event)
        if depth > DEEPEST:
            self._report(event, f"must not nest deeper than {DEEPEST}", "Nest less.", "KS-F07")
            raise _Unreadable
        self._refuse_marks(event, path)
        if isinstance(event, MappingStartEvent):
            value = self._mapping(depth, path)
        elif isinstance(event, SequenceStartEvent):
            value = self._sequence(depth, path)
        else:
            value = self._scalar(event, path)
        return Located(value, mark, key_mark or mark)

    def _refuse_marks(self, event: Event, path: tuple[str, ...]) -> None:
        if getattr(event, "anchor", None):
            sign = "*" if isinstance(event, AliasEvent) else "&"
            self._report(
                event,
                "must be written out; recipes have no anchors and aliases",
                "Write the value itself; to share values between recipes use `extends:`.",
                "KS-F07",
                path,
                f"{sign}{event.anchor}",
            )
        if getattr(event, "tag", None):
            self._report(
                event,
                "must have no tag",
                "Remove the word with the exclamation mark.",
                "KS-F08",
                path,
                str(event.tag),
            )

    def _scalar(self, event: Event, path: tuple[str, ...]) -> object:
        if not isinstance(event, ScalarEvent):
            return None
        if event.style:
            return event.value
        try:
            return resolve(event.value)
        except ValueError as error:
            received = show_value(event.value)
            advice = "Write a shorter number."
            self._report(event, str(error), advice, "KS-F09", path, received)
            return 0

    def _sequence(self, depth: int, path: tuple[str, ...]) -> tuple:
        items = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self._node(event, None, depth + 1, path).plain())
        return tuple(items)

    def _mapping(self, depth: int, path: tuple[str, ...]) -> dict[str, Located]:
        entries: dict[str, Located] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self._node(event, None, depth + 1, path)
            name = key.value if isinstance(key.value, str) else show_value(key.plain())
            value = self._node(next(self.events), key.mark, depth + 1, (*path, name))
            if not isinstance(key.value, str):
                self._report(
                    event, "must be a word as key", "Put it in quotes.", "KS-F02", path, name
                )
            elif name in entries:
                self._duplicate(event, (*path, name), entries[name])
                entries[name] = _united(entries[name], value)
            else:
                entries[name] = value
        return entries

    def _duplicate(self, event: Event, path: tuple[str, ...], first: Located) -> None:
        line = first.key_mark.line
        this = event.start_mark.line + 1
        self._report(
            event,
            f"must be given once, and stands on lines {line} and {this}",
            "Remove one of the two.",
            "KS-F03",
            path,
        )


def _united(first: Located, second: Located) -> Located:
    """Join two mappings under one key, so that mistakes in the second are found as well."""
    if not (isinstance(first.value, dict) and isinstance(second.value, dict)):
        return first
    return Located({**second.value, **first.value}, first.mark, first.key_mark)
