"""A read-only client of the Kubernetes API: GET of allowed paths, patient with a busy server, short with a dead one."""

import email.utils
import http.client
import re
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any

import msgspec

from vigie import __version__
from vigie.model.errors import VigieError
from vigie.sources.kube.connection import CONNECT_SECONDS, Dialler, platform
from vigie.sources.kube.credentials import Credentials, Identity
from vigie.sources.kube.kubeconfig import Access
from vigie.sources.media import printable

_ALLOWED = re.compile(
    r"/version|/apis?|/api/v1|/apis/[^/\s]+(?:/[^/\s]+)?"
    r"|/(?:api/v1|apis/[^/\s]+/[^/\s]+)(?:/namespaces/[^/\s]+)?/[^/\s]+"
    r"|/api/v1/namespaces/[^/\s]+/pods/[^/\s]+/log"
)
_TRIES = 5
_RECONNECTS = 6  # with their waits about half a minute: an API server restarts in that time
_RETRIED = frozenset({429, 500, 502, 503, 504})
_LONGEST_WAIT = 30.0
_MOST = 1 << 30
_BLOCK = 1 << 20
_DEAD_AFTER = 3
QPS, BURST = 50.0, 100.0
DISCOVERY = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with status 200: its bytes, content type, and the server's time in microseconds since the epoch."""

    body: bytes
    media: str
    time: int | None


class RefusedError(Exception):
    """The server answered with another status than 200, or not at all (`status` 0); the text is one line."""

    def __init__(self, status: int, what: str, body: dict[str, Any] | None = None) -> None:
        super().__init__(what)
        self.status = status
        self.body = body or {}


_Outcome = tuple[Answer | RefusedError, float | None]


class Pace:
    """A token bucket: at most `rate` requests a second over time, `burst` at once."""

    def __init__(self, rate: float = QPS, burst: float = BURST) -> None:
        self._rate, self._burst, self._have = rate, burst, burst
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may be sent."""
        with self._lock:
            now = time.monotonic()
            self._have = min(self._burst, self._have + (now - self._at) * self._rate) - 1.0
            self._at = now
            delay = -self._have / self._rate
        if delay > 0:
            time.sleep(delay)


class Client:
    """Requests to one API server. Each thread has a connection of its own; the rest is shared and safe."""

    def __init__(
        self, access: Access, credentials: Credentials, request_timeout: float, pace: Pace | None = None
    ) -> None:
        self.access = access
        self._credentials = credentials
        self._dialler = Dialler(access)
        self._timeout = request_timeout or 24 * 3600.0
        self._pace = pace or Pace()
        self._local = threading.local()
        self._silences = 0
        self._heard = False
        self._open: set[http.client.HTTPConnection] = set()
        self._lock = threading.Lock()

    def get(self, path: str, query: str = "", accept: str = "application/json") -> Answer:
        """GET `path` (percent-encoded) with `query`; retries what may pass.

        Raises RefusedError for any other answer than 200, VigieError where the credentials cannot be had or where the
        peer is no server that can be trusted or understood.
        """
        if not _ALLOWED.fullmatch(path) or "/../" in path + "/":
            raise ValueError(f"{path!r} is not among the paths that are read")
        target = self._dialler.prefix + path + (f"?{query}" if query else "")
        renewed = False
        for attempt in range(1, _TRIES + 1):
            identity = self._credentials.identity()
            answer, wait = self._answered(target, accept, identity)
            if isinstance(answer, Answer):
                return answer
            if answer.status == 401 and not renewed and self._credentials.refused(identity):
                renewed = True
                self._drop()
            elif answer.status in _RETRIED and attempt < _TRIES:
                time.sleep(min(wait if wait is not None else 0.25 * 2**attempt, _LONGEST_WAIT))
            else:
                break
        assert isinstance(answer, RefusedError)
        raise answer

    def _answered(self, target: str, accept: str, identity: Identity) -> _Outcome:
        """An answer of any status. A cut connection is opened again; a silence of the full timeout is final."""
        for attempt in range(1, _RECONNECTS + 1):
            if self._silences >= _DEAD_AFTER:
                raise RefusedError(0, "the server is not asked again, for it stopped answering")
            self._pace.wait()
            try:
                outcome = self._once(target, accept, identity)
            except RefusedError as error:
                first_contact = not self._heard and attempt == 2
                if isinstance(error.__cause__, TimeoutError) or attempt == _RECONNECTS or first_contact:
                    with self._lock:
                        self._silences += 1
                    raise
                time.sleep(min(0.5 * 2**attempt, 8.0))
            else:
                self._heard, self._silences = True, 0
                return outcome
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            connections, self._open = self._open, set()
        for connection in connections:
            connection.close()

    def _once(self, target: str, accept: str, identity: Identity) -> _Outcome:
        """One exchange: the answer or the refusal, and the server's Retry-After; a dead connection is opened again."""
        deadline = time.monotonic() + self._timeout
        reused = getattr(self._local, "connection", None) is not None and self._local.identity is identity
        try:
            try:
                return self._exchange(target, accept, identity, deadline)
            except (http.client.RemoteDisconnected, http.client.CannotSendRequest, ConnectionError):
                self._drop()
                if not reused:
                    raise
                # The server closed an idle connection, as it may.
                return self._exchange(target, accept, identity, deadline)
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise self._silence(error) from error

    def _exchange(self, target: str, accept: str, identity: Identity, deadline: float) -> _Outcome:
        connection = self._connection(identity)
        connection.putrequest("GET", target, skip_accept_encoding=True)
        connection.putheader("Accept", accept)
        connection.putheader("User-Agent", f"vigie/{__version__} ({platform()})")
        for name, value in identity.headers:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        body = _body(response, deadline)
        if response.will_close:
            self._drop()
        if response.status == 200:
            time_ = _time(response.getheader("Date"))
            return Answer(body, response.getheader("Content-Type", ""), time_), None
        return _refusal(response, body), _retry_after(response.getheader("Retry-After"))

    def _connection(self, identity: Identity) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None and self._local.identity.serial == identity.serial:
            self._local.identity = identity
            return connection
        self._drop()
        connection = self._dialler.dial(identity, self._timeout)
        self._local.connection, self._local.identity = connection, identity
        with self._lock:
            self._open.add(connection)
        return connection

    def _drop(self) -> None:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            with self._lock:
                self._open.discard(connection)
        self._local.connection = None

    def _silence(self, error: BaseException) -> RefusedError | VigieError:
        server = self.access.server
        if isinstance(error, ssl.SSLCertVerificationError):
            return VigieError(
                f"the server's certificate is not trusted ({error.verify_message.rstrip('.').lower()})",
                where=server,
                fix="check certificate-authority and tls-server-name in the kubeconfig",
            )
        if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(error):
            return VigieError("the server does not speak TLS", where=server, fix="check the scheme of `server`")
        if isinstance(error, TimeoutError):
            waited = min(CONNECT_SECONDS, self._timeout) if "connect" in str(error) else self._timeout
            return RefusedError(0, f"the server did not answer within {waited:g} s")
        if isinstance(error, http.client.IncompleteRead):
            return RefusedError(0, "the server cut the connection in the middle of its answer")
        if isinstance(error, http.client.HTTPException):
            words = printable(str(error))[:120] or "an empty answer"
            return RefusedError(0, f"the server does not answer as HTTP demands ({words})")
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
        return RefusedError(0, f"the server cannot be reached ({printable(str(reason)).lower()})")


def _body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """All of a response. A server that drips bytes is held to the deadline, one that sends no end to a size."""
    blocks: list[bytes] = []
    size = 0
    while data := response.read(_BLOCK):
        blocks.append(data)
        size += len(data)
        if time.monotonic() > deadline:
            raise TimeoutError("the answer takes too long")
        if size > _MOST:
            raise http.client.HTTPException(f"more than {_MOST:,} bytes in one answer")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(blocks)


def _refusal(response: http.client.HTTPResponse, body: bytes) -> RefusedError:
    status: Any = None
    if body[:1] == b"{":
        try:
            status = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            status = None
    message = status.get("message") if isinstance(status, dict) else None
    words = " ".join(printable(str(message or response.reason)).split())[:300]
    return RefusedError(response.status, f"the server answers {response.status}: {words}", status if message else None)


def _retry_after(header: str | None) -> float | None:
    return float(header) if header and header.isascii() and header.isdigit() else None


def _time(header: str | None) -> int | None:
    try:
        return int(email.utils.parsedate_to_datetime(header or "").timestamp()) * 1_000_000
    except (ValueError, TypeError, OverflowError):
        return None
