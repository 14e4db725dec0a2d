import sys

import pytest

from tests.plugins.packages import install

GROUPS = """[kseg.losses]
TheirLoss = their_parts:Loss
Open = their_parts:Open
[kseg.models]
their_net = their_parts:net
[console_scripts]
their = their_parts:main
"""


@pytest.fixture
def their_package(tmp_path, monkeypatch):
    """A package `their-parts` with two losses and a model; the folder in which it is installed."""
    install(tmp_path, "their-parts", "their_parts", GROUPS)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("their_parts", None)


@pytest.fixture
def was_imported():
    """Return a function that tells whether the code of the package has run."""
    return lambda: "their_parts" in sys.modules
