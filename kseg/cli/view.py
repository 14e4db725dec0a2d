"""`kseg view`: scans and masks in the browser, from this machine to this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kseg.report.viewer.shown import ShownVolume


def view(
    files: Annotated[
        list[Path], typer.Argument(help="The scan, then masks on its grid.", metavar="FILE...")
    ],
    any_grid: Annotated[
        bool, typer.Option("--any-grid", help="Show masks on another grid than the scan's, too.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 0,
    browser: Annotated[bool, typer.Option(help="Open the default browser.")] = True,
) -> None:
    """Show a scan and its masks in the browser until Ctrl-C; nothing leaves this machine.

    Args:
        files: scan and masks, `.nii` or `.nii.gz`.
        any_grid: bool, show masks on other grids.
        port: int, port on 127.0.0.1.
        browser: bool, open the browser.

    Raises:
        KsegError: if a file is damaged, a mask has another grid, or the port cannot be had.
    """
    from kseg.report.viewer.server import ViewServer
    from kseg.report.viewer.shown import read_shown

    volumes = read_shown(files, any_grid=any_grid)
    with ViewServer(volumes, port) as server:
        try:
            _tell(server.address, volumes)
            if browser:
                _open_browser(server.address)
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("\nThe viewer has ended.")


def _tell(address: str, volumes: "tuple[ShownVolume, ...]") -> None:
    for volume in volumes:
        typer.echo(f"{volume.kind:<6}  {volume.name}")
        for note in volume.notes:
            typer.echo(f"        {note}")
    typer.echo(f"open    {address}")
    typer.echo("Only who has this address, on this machine, can see them. Ctrl-C ends the viewer.")


def _open_browser(address: str) -> None:
    import threading
    import webbrowser

    # Some browsers, such as those for a terminal, return only when they are closed.
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
