"""A web server for one person: on the loopback address, behind a token, out of memory."""

import http.client
import http.server
import secrets
import socketserver
import sys
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from kseg.errors import KsegError
from kseg.report.viewer.shown import ShownVolume
from kseg.report.viewer.table import Answer, make_table

LOOPBACK = "127.0.0.1"
TOKEN_BYTES = 32

_METHODS = ("GET", "HEAD")
_LONGEST_TARGET = 1024
_TIMEOUT_SECONDS = 30
# Each part has the time-out for itself, so that a large scan on a busy machine arrives.
_PART_BYTES = 1024**2

# NiiVue decodes its built-in font from a data address and draws with blobs; nothing else is let
# in, and nothing at all from another origin.
_CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data: blob:",
        "connect-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS_OF_ALL = (
    ("Content-Security-Policy", _CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("Connection", "close"),
)


class ViewServer(http.server.ThreadingHTTPServer):
    """Serve volumes to the browser of the person who started it.

    It listens on 127.0.0.1 alone. It answers only requests that name this address as their host
    (so that a foreign page cannot reach it under a name of its own), that carry the token, and
    whose path stands in a table made at the start: no request touches the disk.

    Args:
        volumes: what is shown, from `read_shown`.
        port: int, 0 for any free one.

    Raises:
        KsegError: KS-V15, if the port cannot be had.

    Example:
        >>> with ViewServer([]) as server:
        ...     server.address.startswith(f"http://127.0.0.1:{server.server_port}/?token=")
        True
    """

    # A port that another server has just left may be taken, one in use may not.
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, volumes: Sequence[ShownVolume], port: int = 0):
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.table: Mapping[str, Answer] = make_table(volumes, self.token)
        try:
            super().__init__((LOOPBACK, port), _Request)
        except OSError as error:
            why = f"port {port} of this machine cannot be used: {error.strerror or error}"
            fix = "leave --port out, and a free one is taken"
            raise KsegError(why=why, fix=fix, code="KS-V15") from error
        names = (LOOPBACK, "localhost")
        self.hosts = {f"{name}:{self.server_port}" for name in names}
        if self.server_port == http.client.HTTP_PORT:
            self.hosts |= set(names)

    @property
    def address(self) -> str:
        """The address to open, token included."""
        return f"http://{LOOPBACK}:{self.server_port}/?token={self.token}"

    def server_bind(self) -> None:
        """Bind without asking the network what this machine is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address) -> None:
        """Keep still about a browser that went away; tell everything else.

        Args:
            request: socket.
            client_address: its other end.
        """
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Request(http.server.BaseHTTPRequestHandler):
    server: ViewServer
    timeout = _TIMEOUT_SECONDS
    default_request_version = "HTTP/1.0"

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        refused = self._why_refused()
        if refused:
            self.send_error(refused)
        return not refused

    def do_GET(self) -> None:
        # An exact look-up: nothing is decoded, joined or simplified, so there is nothing to trick.
        path, _, _ = self._target().partition("?")
        answer = self.server.table.get(path)
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._send(HTTPStatus.OK, answer)

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        # Also called by the base class, whose own page would repeat what was asked for.
        status = HTTPStatus(code)
        text = f"{status.value} {status.phrase}\n"
        if status == HTTPStatus.FORBIDDEN:
            text += "Open the address that kseg view has printed, to its last character.\n"
        self._send(status, Answer(text.encode("ascii"), "text/plain; charset=utf-8"))

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: a log line would hold the token."""

    def _why_refused(self) -> HTTPStatus | None:
        if len(self._target()) > _LONGEST_TARGET:
            return HTTPStatus.REQUEST_URI_TOO_LONG
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self.server.hosts:
            return HTTPStatus.MISDIRECTED_REQUEST
        if self.command not in _METHODS:
            return HTTPStatus.METHOD_NOT_ALLOWED
        _, _, query = self._target().partition("?")
        expected = f"token={self.server.token}".encode("ascii")
        if not secrets.compare_digest(query.encode("latin-1"), expected):
            return HTTPStatus.FORBIDDEN
        return None

    def _target(self) -> str:
        # `self.path` of the base class has leading slashes taken off.
        return self.requestline.split()[1]

    def _send(self, status: HTTPStatus, answer: Answer) -> None:
        # A request in the protocol of 1991 would be answered without headers.
        self.request_version = self.default_request_version
        self.send_response_only(status)
        for name, value in _HEADERS_OF_ALL:
            self.send_header(name, value)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", ", ".join(_METHODS))
        if answer.compressed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        for start in range(0, len(answer.content), _PART_BYTES):
            self.wfile.write(memoryview(answer.content)[start : start + _PART_BYTES])
