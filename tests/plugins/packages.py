"""Packages as pip leaves them, without pip: a module and what is written down about it."""

from pathlib import Path

CODE = """
class Loss:
    def __init__(self, weight, *, smooth=1.0):
        pass


def net(channels, classes, width=8, **more):
    return (channels, classes, width)


class Open:
    def __init__(self, **kwargs):
        pass


number = 3
from os import system
"""


def install(folder: Path, package: str, module: str, groups: str, code=CODE, version="1.0") -> Path:
    """Put a package into a folder of `sys.path`."""
    (folder / f"{module}.py").write_text(code)
    facts = folder / f"{package.replace('-', '_')}-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    (facts / "entry_points.txt").write_text(groups)
    return folder
