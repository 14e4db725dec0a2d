"""The command that starts a process of kseg beside this one."""

import json
import sys
from collections.abc import Sequence


def python_command(module: str, path: Sequence[str]) -> list[str]:
    """Return the command of a Python process that runs the `main` of a module of kseg.

    It finds its modules where `path` says, and runs nothing of the program's own file.

    Args:
        module: str, full name of the module.
        path: folders to find modules in, as in `sys.path`.

    Returns:
        List of words for `subprocess.Popen`.

    Example:
        >>> python_command("kseg.engine.worker", ["/opt/kseg"])[1:3]
        ['-P', '-c']
    """
    start = (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
        f"from {module} import main; main()"
    )
    # `-P`: Python would look in the current folder first, which may hold a stranger's data.
    return [sys.executable, "-P", "-c", start, json.dumps(list(path))]
