"""The program `kseg`: its verbs, and how errors become messages and exit codes."""

import errno
import signal
import sys
from typing import Annotated

import typer

from kseg import __version__
from kseg.cli.check import check
from kseg.cli.components import components
from kseg.cli.evaluate import evaluate
from kseg.cli.export import export
from kseg.cli.fit import fit
from kseg.cli.predict import predict
from kseg.cli.recipes import app as recipes
from kseg.cli.report import report
from kseg.cli.schema import schema
from kseg.cli.show import show
from kseg.cli.tune import tune
from kseg.cli.view import view
from kseg.errors import KsegError, RunFolderError

INTERRUPTED = 130
# What a disk says that is full, worn out, read-only or another's, and a network drive that has gone
# away; any other OSError is a fault of kseg's own.
_DISK_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG}
_DISK_FAULTS |= {errno.EACCES, errno.EPERM}
_DISK_FAULTS |= {errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN}

app = typer.Typer(
    name="kseg",
    help="Train, apply and judge 3-D medical segmentation networks. For research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for verb in (fit, tune, predict, evaluate, report, export, view, check, show, schema, components):
    # The first paragraph of a docstring is for people who type, the rest for those who program.
    app.command(help=(verb.__doc__ or "").split("\n\n")[0])(verb)
app.add_typer(recipes, name="recipes")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kseg {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Take the options that belong to no verb.

    Args:
        version: print the version and end.
    """


def _disk_fault(error: OSError) -> RunFolderError:
    return RunFolderError(
        why=f"the disk or network drive failed: {error.strerror}; nothing half-written is left "
        "under a final name",
        file=error.filename,
        fix="see that the disk has space and may be written to, and that a network drive is "
        "connected, or give a folder on another disk; the same command then goes on",
        code="KS-G04",
    )


def main() -> None:
    """Run the program; a `KsegError` or a fault of the disk becomes a message and an exit code.

    SIGTERM, by which schedulers end a job, is taken as Ctrl-C: what is half-written is removed, and
    folders are unlocked.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except KsegError as error:
        typer.echo(f"kseg: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in _DISK_FAULTS:
            raise
        typer.echo(f"kseg: {_disk_fault(error)}", err=True)
        sys.exit(RunFolderError.exit_code)
    except SystemExit as end:
        # Typer turns Ctrl-C into this exit code without a word.
        if end.code == INTERRUPTED:
            typer.echo("kseg: interrupted; a training goes on with the same command", err=True)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
