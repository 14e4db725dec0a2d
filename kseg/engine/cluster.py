"""A Ray cluster: found or started, and what Ray would leave behind in this process."""

import contextlib
import functools
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from types import ModuleType

from kseg.engine.cpus import usable_cpus
from kseg.engine.gpus import gpu_environment, gpus_of_jobs
from kseg.errors import KsegError

ADDRESS_VARIABLE = "RAY_ADDRESS"
# What goes through it is the calls and answers of jobs, and no scan. Ray would take a third of the
# machine's memory.
STORE_BYTES = 128 * 2**20
CONNECT_SECONDS = 20.0
# Ray's own word for a cluster that is started for this process, though another one may be there.
_HERE = "local"


def connect(workers: int, address: str | None = None) -> tuple[ModuleType, bool]:
    """Connect this process to a Ray cluster, and start one on this machine if none is named.

    One that is started here listens to this machine alone, and only to those who have a secret that
    is made for it. It ends with this process, by whatever that ends.

    Args:
        workers: int, how many jobs shall run at a time.
        address: str, where the cluster is, or None for what `RAY_ADDRESS` says.

    Returns:
        tuple of Ray's module, and whether it is ours to disconnect: not if this process was
        connected before.

    Raises:
        KsegError: if Ray is not installed, or the cluster cannot be reached or started.
    """
    address = address or os.environ.get(ADDRESS_VARIABLE) or _HERE
    with _left_as_it_was(_variables(is_here=address == _HERE)):
        ray = _import_ray()
        if ray.is_initialized():
            return ray, False
        own = _own_cluster(workers) if address == _HERE else {}
        try:
            _refuse_if_nobody_listens(address)
            with _no_reports(ray):
                ray.init(address, logging_level=logging.ERROR, log_to_driver=False, **own)
        except (
            ConnectionError,
            OSError,
            RuntimeError,
            ValueError,
            ray.exceptions.RayError,
        ) as error:
            raise KsegError(
                why=f"the Ray cluster at {address} cannot be used: {error}"
                if address != _HERE
                else f"Ray cannot be started on this machine: {error}",
                fix="see `ray status`; --address or RAY_ADDRESS must name the head of a cluster "
                "that runs the same versions of Ray and Python",
                code="KS-G17",
            ) from error
    return ray, True


def processors_each(nodes: Sequence[dict[str, float]], workers: int) -> int:
    """Return how many processors each of some jobs can have, so that all run at the same time.

    Args:
        nodes: what each machine of the cluster has: `"CPU"`, and `"GPU"` where it has any. With
            GPUs in the cluster a job takes one.
        workers: int, how many jobs run at a time.

    Returns:
        int of at least 1. Where not all find a place, as many run as would with one processor each.

    Example:
        >>> processors_each([{"CPU": 8}, {"CPU": 8}, {"CPU": 8}], workers=4)
        4
    """
    with_gpus = any(node.get("GPU", 0) >= 1 for node in nodes)

    def places(processors: int) -> int:
        rooms = [int(node.get("CPU", 0)) // processors for node in nodes]
        if with_gpus:
            rooms = [min(room, int(node.get("GPU", 0))) for room, node in zip(rooms, nodes)]
        return sum(rooms)

    wanted = min(workers, places(1))
    most = max((int(node.get("CPU", 0)) for node in nodes), default=1)
    return next((each for each in range(most, 1, -1) if places(each) >= wanted > 0), 1)


def _import_ray() -> ModuleType:
    try:
        import ray
    except ImportError as error:
        raise KsegError(
            why="the engine ray needs the package ray, which is not installed",
            fix="pip install 'kseg[cluster]', or leave --engine out for this machine alone",
            code="KS-F10",
        ) from error
    return ray


def _refuse_if_nobody_listens(address: str) -> None:
    """Try the address first: Ray itself tries for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()


def _own_cluster(workers: int) -> dict[str, object]:
    return {
        "num_cpus": max(workers, usable_cpus()),
        "num_gpus": len(gpus_of_jobs()),
        "object_store_memory": STORE_BYTES,
        "include_dashboard": False,
        # It would end a job whenever the machine runs short of memory, and start it again. The
        # kernel ends the largest process when there is none left, which is a result.
        "_system_config": {"memory_monitor_refresh_ms": 0},
    }


@contextlib.contextmanager
def _no_reports(ray: ModuleType) -> Iterator[None]:
    """Keep Ray from starting a process that asks three clouds whether this machine is theirs.

    It is part of reports about its use, asks even where they are turned off, and there is no word
    of Ray's to keep it from that. Nothing else is done by it where there is no dashboard. The
    method is not one that Ray promises to keep: without it the questions are asked, and no more.
    """
    node = getattr(getattr(ray._private, "node", None), "Node", None)
    start = getattr(node, "start_api_server", None)
    if start is None:
        yield
        return
    node.start_api_server = lambda *_, **__: None
    try:
        yield
    finally:
        node.start_api_server = start


def _variables(*, is_here: bool) -> dict[str, str | None]:
    variables: dict[str, str | None] = {"RAY_USAGE_STATS_ENABLED": "0"}
    if is_here:
        # The GPUs that this process has hidden from itself.
        variables |= gpu_environment((), slot=0)
        variables["RAY_AUTH_TOKEN"] = _token()
        # In spite of its name: the address of this machine is then 127.0.0.1, on any system, and
        # Ray listens to nothing else.
        variables["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    return variables


@functools.cache
def _token() -> str:
    # Ray reads it once in a process. It would make one itself, and write it into the home folder.
    return secrets.token_hex(32)


@contextlib.contextmanager
def _left_as_it_was(variables: dict[str, str | None]) -> Iterator[None]:
    """Set environment variables for a block, and undo what Ray does to this process besides."""
    environment, path, hook = dict(os.environ), list(sys.path), sys.excepthook
    term = signal.getsignal(signal.SIGTERM)
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    try:
        yield
    finally:
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
        # It puts its own copies of libraries before those that are installed, and needs them.
        sys.path[:] = path + [entry for entry in sys.path if entry not in path]
        sys.excepthook = hook
        if threading.current_thread() is threading.main_thread():
            # Ray ends the program by exit code 15; kseg's is to write down where it was.
            signal.signal(signal.SIGTERM, term)
