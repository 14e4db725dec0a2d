"""Refuse every socket beyond this machine, in the tests and in the Python programs they start.

`tests/conftest.py` puts this folder on `PYTHONPATH`, from where every Python imports a module of
this name when it starts. What was tried is also written to a file, since a library may swallow the
error: the test that it happened in fails all the same.
"""

import functools
import ipaddress
import os
import socket
import sys

RECORD_VARIABLE = "KSEG_TEST_NETWORK_RECORD"

_LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_USES = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
_INTERNET = (socket.AF_INET, socket.AF_INET6)


class NoNetworkError(RuntimeError):
    """A test, or a program that it started, tried to reach another machine."""


def is_local(host) -> bool:
    """Return whether the name or number of a host is that of this machine alone."""
    name = host.decode("utf-8", "replace") if isinstance(host, bytes | bytearray) else host
    if name in (None, "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(what: str) -> None:
    record = os.environ.get(RECORD_VARIABLE)
    if record:
        file = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, f"{what}\n".encode("utf-8", "backslashreplace"))
        os.close(file)
    raise NoNetworkError(f"{what}: the tests of kseg reach no other machine")


def _check_use(event: str, used: socket.socket, address: object) -> None:
    # A socket that is connected already is given no address.
    if used.family in _INTERNET and isinstance(address, tuple) and not is_local(address[0]):
        _refuse(f"{event} {address!r}")


def _hear(event: str, arguments: tuple) -> None:
    if event in _LOOK_UPS and arguments[0] not in ("", b"") and not is_local(arguments[0]):
        _refuse(f"{event} {arguments[0]!r}")
    if event in _USES:
        _check_use(event, *arguments[:2])


def _guard(name: str) -> None:
    """Ask before a method runs: it looks up the name of a host before its audit event."""
    method = getattr(socket.socket, name)

    @functools.wraps(method)
    def guarded(self, *arguments):
        _check_use(f"socket.{name}", self, arguments[-1])
        return method(self, *arguments)

    setattr(socket.socket, name, guarded)


sys.addaudithook(_hear)
for _name in ("bind", "connect", "connect_ex", "sendto"):
    _guard(_name)
