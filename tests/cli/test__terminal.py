import io

from rich.console import Console

from kseg.cli._terminal import Terminal


def written(force_terminal):
    stream = io.StringIO()
    terminal = Terminal(Console(file=stream, force_terminal=force_terminal, width=60))
    with terminal._bar:
        terminal.progress(3, 10, "training")
        terminal._bar.refresh()  # a thread of rich does so ten times a second
        terminal.tell("case [red]x[/red] val_dice 0.9123")
        terminal.progress(10, 10, "training")
    return stream.getvalue()


def test_a_file_gets_sentences_alone_and_to_the_letter():
    assert written(force_terminal=False) == "case [red]x[/red] val_dice 0.9123\n"


def test_a_terminal_gets_a_bar_too():
    text = written(force_terminal=True)
    assert "case [red]x[/red] val_dice 0.9123" in text and "training" in text
