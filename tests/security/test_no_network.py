"""The tests reach no other machine, and kseg itself has no way to do so but one that is named."""

import ast
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.no_network import guard

NoNetworkError, is_local = guard.NoNetworkError, guard.is_local

KSEG = Path(__file__).parents[2] / "kseg"
# Modules of Python and of its most used packages that open connections.
CLIENTS = set(
    "aiohttp asyncio ftplib grpc http httpx imaplib poplib pycurl requests smtplib socket "
    "socketserver ssl telnetlib urllib urllib3 websocket websockets xmlrpc".split()
)
OTHER_HOSTS = ["192.0.2.1", "2001:db8::1", "example.org", "0.0.0.0", "10.0.0.1"]


@pytest.fixture
def attempted(network_attempts):
    """Return a function that gives what was tried since, which is then forgiven."""

    def read():
        tried = network_attempts.read_text()
        network_attempts.unlink()
        return tried

    return read


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_a_connection_to_another_machine_is_refused_in_words(host, attempted):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family, kind) as tried:
            with pytest.raises(NoNetworkError, match="reach no other machine"):
                tried.connect((host, 80))
            with pytest.raises(NoNetworkError):
                tried.connect_ex((host, 80))
            with pytest.raises(NoNetworkError):
                tried.sendto(b"x", (host, 80))
    assert attempted().count(host) == 6


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "192.0.2.1"])
def test_a_server_that_others_could_reach_is_refused(host, attempted):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as tried, pytest.raises(NoNetworkError):
        tried.bind((host, 0))
    assert "socket.bind" in attempted()


def test_the_sockets_beneath_pythons_own_are_refused_too(attempted):
    with socket.socket() as tried, pytest.raises(NoNetworkError):
        super(socket.socket, tried).connect(("192.0.2.1", 80))
    assert "192.0.2.1" in attempted()


def test_a_name_is_not_looked_up_and_a_page_not_fetched(attempted, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for look_up in (socket.gethostbyname, lambda name: socket.getaddrinfo(name, 80)):
        with pytest.raises(NoNetworkError):
            look_up("example.org")
    with pytest.raises(NoNetworkError):
        urllib.request.urlopen("http://example.org/", timeout=1)
    assert attempted().count("example.org") == 3


def test_an_attempt_whose_error_is_swallowed_is_still_known(attempted):
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    except Exception:
        pass
    assert "192.0.2.1" in attempted()


def test_a_program_that_a_test_starts_is_refused_too(attempted):
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "reach no other machine" in done.stderr
    assert "192.0.2.1" in attempted()


def test_this_machine_may_be_reached(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(("localhost", server.getsockname()[1]), timeout=5):
            pass
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
    assert all(map(is_local, ("127.8.9.1", "::1", "localhost", b"127.0.0.1", None)))


def imported_by(path: Path) -> set[str]:
    """Return the packages that a file imports anywhere, also inside its functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.partition(".")[0])
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "__import__":
            names.add(ast.literal_eval(node.args[0]).partition(".")[0])
    return names


def test_only_the_download_of_digits_the_viewers_server_and_ray_can_open_a_connection():
    found = {
        path.relative_to(KSEG).as_posix(): clients
        for path in KSEG.rglob("*.py")
        if (clients := imported_by(path) & CLIENTS)
    }
    process = "storage/process.py"
    assert found == {
        "dataset/sources/digits.py": {"http", "urllib"},
        "report/viewer/server.py": {"http", "socketserver"},
        process: {"socket"},
        # It tries whether the cluster that `--engine ray` was told of answers at all.
        "engine/cluster.py": {"socket"},
    }
    # It asks what this machine is called, and nothing else.
    used = ast.walk(ast.parse((KSEG / process).read_text(encoding="utf-8")))
    names = [node.attr for node in used if getattr(getattr(node, "value", 0), "id", 0) == "socket"]
    assert set(names) == {"gethostname"}


def test_what_imports_a_client_is_found(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    from urllib.request import urlopen\n")
    (tmp_path / "b.py").write_text("import http.client as h, os\n__import__('socket')\n")
    assert imported_by(tmp_path / "a.py") == {"urllib"}
    assert imported_by(tmp_path / "b.py") == {"http", "os", "socket"}
