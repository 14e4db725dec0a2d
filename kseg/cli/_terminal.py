"""What a person sees while a command works: lines, and on a terminal a moving bar below them."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class Terminal:
    """Tell sentences and show progress.

    Where the output is no terminal, such as a file or a batch job's log, only sentences appear.

    Args:
        console: rich console to write to.
    """

    def __init__(self, console: Console):
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, visible=False)

    def tell(self, message: str) -> None:
        """Write a line above the bar."""
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def progress(self, done: int, total: int, what: str) -> None:
        """Move the bar.

        Args:
            done: int, how many are done.
            total: int, how many there are.
            what: str, what is being done.
        """
        self._bar.update(
            self._task, completed=done, total=total, description=what, visible=done < total
        )


@contextmanager
def open_terminal() -> Iterator[Terminal]:
    """Yield a `Terminal` on the standard output; its bar is gone afterwards."""
    terminal = Terminal(Console())
    with terminal._bar:
        yield terminal
