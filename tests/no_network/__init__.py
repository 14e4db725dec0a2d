"""The guard against other machines, loaded once.

A process that was started by a test, such as a worker of pytest-xdist, has it from the start under
the name `sitecustomize`; a second copy would refuse with an error of its own.
"""

import sys
from pathlib import Path

_loaded = sys.modules.get("sitecustomize")
if Path(getattr(_loaded, "__file__", None) or "").parent == Path(__file__).parent:
    guard = _loaded
else:
    from tests.no_network import sitecustomize as guard

__all__ = ["guard"]
