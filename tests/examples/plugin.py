"""The example package, installed by pip into a folder of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
PLUGIN = EXAMPLES / "kseg-example-plugin"


def install_plugin(folder: Path) -> Path:
    """Install a copy of the package, since a build leaves files behind; return its folder."""
    ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    source = shutil.copytree(PLUGIN, folder / "source", ignore=ignored)
    target = folder / "site"
    words = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", target]
    subprocess.run([sys.executable, "-m", "pip", "install", *words, source], check=True)
    return target


def run_python(*words, path=(), cwd=None) -> subprocess.CompletedProcess:
    """Run Python with further folders to import from."""
    places = [*map(str, path), str(EXAMPLES.parent), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, places))}
    return subprocess.run(
        [sys.executable, *map(str, words)],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
