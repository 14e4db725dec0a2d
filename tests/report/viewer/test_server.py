import gzip
import http.client
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kseg.errors import KsegError
from kseg.report.viewer import server as server_module
from kseg.report.viewer.server import ViewServer
from kseg.report.viewer.shown import read_shown
from tests.report.viewer.make import CANARY, scan_and_mask

KERNELS_TABLE = Path("/proc/net/tcp")
EXPECTED_HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
}
TRICKS = [
    "/%2e%2e/etc/passwd",
    "/../etc/passwd",
    "/../../../../etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/..%5c..%5cetc%5cpasswd",
    "/..\\etc\\passwd",
    "//etc/passwd",
    "/etc/passwd",
    "file:///etc/passwd",
    "http://127.0.0.1/volume/0",
    "/volume/0/../../../etc/passwd",
    "/volume/%30",
    "//volume/0",
    "/volume/0/",
    "/volume/00",
    "/volume/-1",
    "/volume/2",
    "/volume/0%00",
    "/volume/0\x00.html",
    "/view.js%00",
    "/\xff\xfe",
    "/%ff%fe",
    "/" + 900 * "a",
    "*",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    files = scan_and_mask(tmp_path_factory.mktemp("viewed"))
    with ViewServer(read_shown(files)) as started:
        thread = threading.Thread(target=started.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield started
        started.shutdown()
        thread.join()


def send(server, raw):
    """Send bytes as they are; return (status, headers, body)."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(raw)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read()


def ask(server, path, *, token=None, host=None, method="GET"):
    query = f"?token={server.token}" if token is None else token
    host = f"127.0.0.1:{server.server_port}" if host is None else host
    raw = f"{method} {path}{query} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    return send(server, raw.encode("latin-1"))


def check_headers(headers):
    assert EXPECTED_HEADERS.items() <= headers.items()
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control")]


def test_everything_in_the_table_is_served_to_who_has_the_token(server):
    for path, answer in server.table.items():
        status, headers, body = ask(server, path)
        assert status == 200 and body == answer.content
        assert headers["content-type"] == answer.content_type
        assert (headers.get("content-encoding") == "gzip") == answer.compressed
        check_headers(headers)


@pytest.mark.parametrize("path", ["/", "/volumes", "/volume/0", "/niivue.js", "/etc/passwd"])
def test_without_the_right_token_nothing_is_told(server, path):
    right = server.token
    wrong = ["", "?", "?token=", f"?token={right[:-1]}", f"?token={right}x", f"?token={right}&a=b"]
    wrong += [f"?a=b&token={right}", f"?TOKEN={right}", f"?token={right.swapcase()}"]
    wrong += ["?token=\xff", f"?token={right}%00"]
    for token in wrong:
        status, headers, body = ask(server, path, token=token)
        assert status == 403 and right.encode() not in body
        check_headers(headers)


def test_the_token_is_long_and_new_for_every_server(server):
    with ViewServer([]) as other:
        assert len(other.token) >= 43 and other.token != server.token
        assert other.address.endswith(f"/?token={other.token}")


@pytest.mark.parametrize(
    "host", ["evil", "evil:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}"]
)
def test_another_host_is_refused_even_with_the_token(server, host):
    status, headers, _ = ask(server, "/", host=host.format(port=server.server_port))
    assert status == 421
    check_headers(headers)


def test_no_host_or_two_hosts_are_refused(server):
    line = f"GET /?token={server.token} HTTP/1.1\r\n"
    good = f"Host: 127.0.0.1:{server.server_port}\r\n"
    for hosts in ("", good + good, good + "Host: evil\r\n"):
        assert send(server, f"{line}{hosts}\r\n".encode())[0] == 421
    assert ask(server, "/", host=f"LocalHost:{server.server_port}")[0] == 200


@pytest.mark.parametrize("path", TRICKS)
def test_a_path_that_is_not_in_the_table_is_not_found(server, path):
    status, headers, body = ask(server, path)
    assert status == 404 and b"root:" not in body
    check_headers(headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_other_methods_are_refused(server, method):
    status, headers, _ = ask(server, "/", method=method)
    assert status == 405 and headers["allow"] == "GET, HEAD"
    check_headers(headers)


def test_head_tells_the_length_and_sends_nothing(server):
    raw = f"HEAD /volume/0?token={server.token} HTTP/1.1\r\n"
    raw += f"Host: 127.0.0.1:{server.server_port}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(raw.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"\r\n\r\n")
    assert f"Content-Length: {len(server.table['/volume/0'].content)}".encode() in answer


@pytest.mark.parametrize(
    "raw, expected",
    [
        (b"GET /" + 2000 * b"a" + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + 70000 * b"a" + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + 200 * b"A: b\r\n" + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nA: " + 70000 * b"b" + b"\r\n\r\n", 431),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
        (b"GET / HTTP/0.9\r\n\r\n", 421),
        (b"GET /\r\n\r\n", 421),
        (b"nonsense\r\n\r\n", 400),
        (b"\xff\xff \xff \xff\r\n\r\n", 400),
    ],
)
def test_a_senseless_request_gets_an_answer_with_all_headers(server, raw, expected):
    status, headers, _ = send(server, raw)
    assert status == expected
    check_headers(headers)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.text(st.characters(max_codepoint=255, blacklist_characters=" \r\n?")).map("/".__add__),
        st.lists(st.sampled_from(["volume", "0", "..", "%2e%2e", "", "etc", "passwd", "view.js"]))
        .map("/".join)
        .map("/".__add__),
    )
)
def test_whatever_path_is_asked_for_only_the_known_ones_are_answered(server, path):
    status, headers, _ = ask(server, path)
    assert status == 200 if path in server.table else status in (400, 404, 414)
    check_headers(headers)


def test_it_listens_on_one_loopback_address_only(server):
    assert server.socket.getsockname() == ("127.0.0.1", server.server_port)
    assert server.socket.family == socket.AF_INET
    for address in ("127.0.0.2", "::1"):
        with pytest.raises(OSError), socket.create_connection((address, server.server_port), 2):
            pass


@pytest.mark.skipif(not KERNELS_TABLE.exists(), reason="the kernel has no such table")
def test_the_kernel_knows_of_no_other_address_that_it_listens_on(server):
    port, listening, found = f"{server.server_port:04X}", "0A", []
    for table in (KERNELS_TABLE, KERNELS_TABLE.with_name("tcp6")):
        rows = table.read_text().splitlines()[1:] if table.exists() else []
        for _, local, _, state, *_ in map(str.split, rows):
            if state == listening and local.endswith(f":{port}"):
                found.append(local)
    assert found == [f"0100007F:{port}"]  # 127.0.0.1, its lowest byte first


_HEARD: list[str] | None = None


def _listen(event, arguments):
    if _HEARD is not None and event.split(".")[0] in ("open", "os", "import", "subprocess"):
        _HEARD.append(f"{event} {arguments}")


def test_no_request_touches_the_disk(server, monkeypatch):
    ask(server, "/")
    sys.addaudithook(_listen)
    monkeypatch.setattr(sys.modules[__name__], "_HEARD", heard := [])
    for path in [*server.table, *TRICKS]:
        ask(server, path)
    monkeypatch.setattr(sys.modules[__name__], "_HEARD", None)
    assert heard == []


def test_no_text_of_a_header_is_in_any_byte_served(server):
    for path in server.table:
        _, headers, body = ask(server, path)
        body = gzip.decompress(body) if "content-encoding" in headers else body
        assert CANARY not in body and b"19700101" not in body


def test_no_log_and_no_answer_tells_the_token(server, capfd):
    ask(server, "/")
    ask(server, "/nowhere")
    assert capfd.readouterr() == ("", "")
    _, _, body = ask(server, "/nowhere")
    assert server.token.encode() not in body


def test_a_client_that_says_nothing_is_let_go(server, monkeypatch, capfd):
    assert 0 < server_module._Request.timeout <= 60
    monkeypatch.setattr(server_module._Request, "timeout", 0.1)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(b"GET /")
        assert connection.recv(100) == b""
    assert capfd.readouterr() == ("", "")


def test_a_client_that_goes_away_leaves_no_words(server, capfd):
    for _ in range(5):
        connection = socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
        raw = f"GET /niivue.js?token={server.token} HTTP/1.1\r\nHost: localhost:"
        connection.sendall(f"{raw}{server.server_port}\r\n\r\n".encode())
        connection.close()
    time.sleep(0.3)
    assert ask(server, "/")[0] == 200
    assert capfd.readouterr().err == ""


def test_a_port_in_use_is_refused_and_one_that_is_left_is_free_again(server):
    with pytest.raises(KsegError, match="KS-V15"):
        ViewServer([], server.server_port)
    with ViewServer([]) as other:
        port = other.server_port
    with ViewServer([], port) as again:
        assert again.server_port == port
