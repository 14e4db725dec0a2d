"""A watch over one block of code: what it runs, imports, opens, changes and calls.

Python's audit hooks see all of that, whoever does it. A hook can never be taken away again, so that
there is one for the process, which looks on only while a watch is on.
"""

import os
import sys
import sysconfig
from pathlib import Path

import kseg

INSTALLED = tuple(
    {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib")}
    | {Path(sys.base_prefix).resolve() / "lib", Path(kseg.__file__).resolve().parent}
    # Where pip keeps what it knows of a kseg that runs from its own repository.
    | {Path(kseg.__file__).resolve().parents[1] / "kseg.egg-info"}
)
# Top-level modules of kseg and of what it depends on; see SECURITY.md.
KNOWN = set(sys.stdlib_module_names) | set(
    "PIL absl astunparse h5py isal jinja2 keras kseg markupsafe matplotlib ml_dtypes namex nibabel "
    "numpy opt_einsum optree pandas pydantic pydantic_core rich ruamel safetensors scipy "
    "tensorboard tensorflow typer typing_extensions wrapt".split()
)
NEVER = (
    "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile",
    "pty.", "socket.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "ctypes.",
    "pickle.", "code.__new__", "function.__new__", "shutil.", "tempfile.", "os.remove", "os.rename",
    "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown", "os.truncate",
    "os.utime", "os.setxattr", "sys.setprofile", "sys.settrace",
)  # fmt: skip
# What the kernel tells of the machine, so that kseg knows how much memory it has.
KERNEL = (Path("/sys/fs/cgroup"), Path("/proc/meminfo"))
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Watch:
    """Records what a model or recipe must never make happen.

    Args:
        folder: path of the only folder, beside the installed packages, from which may be read.

    Example:
        >>> with Watch(Path("/tmp")) as watch:
        ...     _ = compile("1", "<evil>", "eval")
        >>> watch.seen
        ["compile '<evil>'"]
    """

    _on: "Watch | None" = None
    _is_hooked = False

    def __init__(self, folder: Path):
        self.folder = Path(folder).resolve()
        self.seen: list[str] = []

    def __enter__(self) -> "Watch":
        if not Watch._is_hooked:
            Watch._is_hooked = True
            sys.addaudithook(_hook)
        Watch._on = self
        return self

    def __exit__(self, *_) -> None:
        Watch._on = None

    def look(self, event: str, arguments: tuple) -> None:
        """Record an event if it is one that must not be."""
        if event == "open":
            told = self._opened(*arguments)
        elif event == "exec":
            told = _foreign_code(arguments[0].co_filename)
        elif event == "compile":
            # NumPy reads headers by Python's parser of literals, out of which comes no code.
            parsing = sys._getframe(2).f_code.co_filename.endswith(f"{os.sep}ast.py")
            told = "" if parsing else _foreign_code(_text(arguments[1]))
        elif event == "import":
            root = arguments[0].split(".")[0]
            told = "" if root in KNOWN else repr(arguments[0])
        elif event.startswith("marshal.load"):
            # Python's own import unpacks the code of a module so; nobody else has reason to.
            importing = sys._getframe(2).f_code.co_filename.startswith("<frozen importlib")
            told = "" if importing else "bytecode"
        else:
            told = repr(arguments)[:80] if event.startswith(NEVER) else ""
        if told:
            self.seen.append(f"{event} {told}")

    def _opened(self, path, mode, flags) -> str:
        if isinstance(path, int):
            return ""
        writes = any(sign in (mode or "r") for sign in "wax+") or (flags or 0) & WRITING
        place = Path(_text(path)).absolute()
        # As it is named: following a link is what must not happen.
        allowed = (self.folder, *INSTALLED, *KERNEL)
        inside = any(place.is_relative_to(root) for root in allowed) and ".." not in place.parts
        return "" if inside and not writes else f"{place}{' to write' if writes else ''}"


def _foreign_code(name: str) -> str:
    if name.startswith("<frozen "):
        return ""
    inside = any(Path(name).is_relative_to(root) for root in INSTALLED)
    return "" if inside else repr(name)


def _text(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else str(path)


def _hook(event: str, arguments: tuple) -> None:
    watch = Watch._on
    if watch is None:
        return
    # Off while looking, since looking opens and resolves paths, too.
    Watch._on = None
    try:
        watch.look(event, arguments)
    finally:
        Watch._on = watch
