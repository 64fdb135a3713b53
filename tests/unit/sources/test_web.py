"""Evidence behind a URL, from a server on this machine that misbehaves in every way."""

import base64
import contextlib
import http.server
import threading

import pytest

from tests.unit.sources.made import Reading, tar_bytes
from vigie.model.errors import VigieError
from vigie.sources import Limits

PODS = b'{"kind":"PodList","items":[]}'


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path; `seen` keeps what was asked and with which headers."""

    seen: list[tuple[str, dict[str, str]]]

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.seen.append((self.path, dict(self.headers)))
        path = self.path.partition("?")[0]
        if path == "/loop":
            return self.answer(302, b"", Location="/loop")
        if path == "/away":
            return self.answer(302, b"", Location="ftp://127.0.0.1/x")
        if path == "/moved":
            return self.answer(302, b"", Location="/pods.json")
        if path == "/missing":
            return self.answer(404, b"no")
        if path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(PODS)
            return None
        return self.answer(200, tar_bytes({"pods.json": PODS}, "gz") if path == "/bundle" else PODS)

    def answer(self, status, body, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    seen: list[tuple[str, dict[str, str]]] = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("H", (Handler,), {"seen": seen})) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with contextlib.ExitStack() as stack:
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            yield f"http://127.0.0.1:{server.server_port}", seen


def test_a_document_is_fetched_and_named_by_its_url(server):
    url, _ = server
    assert Reading(f"{url}/pods.json").documents == {f"{url}/pods.json": PODS}
    assert Reading(f"{url}/moved").documents == {f"{url}/moved": PODS}


def test_an_archive_is_fetched_and_opened(server):
    url, _ = server
    assert Reading(f"{url}/bundle").documents == {f"{url}/bundle!pods.json": PODS}


def test_credentials_in_the_url_are_sent_and_not_shown(server):
    url, seen = server
    found = Reading(url.replace("://", "://me:s%40cret@") + "/pods.json?sig=abc")
    assert found.order == [f"{url}/pods.json"]
    path, headers = seen[-1]
    assert path == "/pods.json?sig=abc"
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"me:s@cret").decode()


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/missing", "/missing: the server answers 404"),
        ("/loop", "/loop: the server answers 302"),
        ("/away", "redirects from http to ftp"),
        ("/cut", r"/cut: .*29 of 1,000 bytes|/cut: .*IncompleteRead"),
    ],
)
def test_a_failure_is_one_line(server, path, line):
    url, _ = server
    with pytest.raises(VigieError, match=line) as raised:
        Reading(url + path)
    assert "\n" not in str(raised.value)


def test_a_download_is_bounded(server):
    url, _ = server
    with pytest.raises(VigieError, match=r"larger than 10 bytes; set VIGIE_MAX_DOWNLOAD higher"):
        Reading(f"{url}/pods.json", limits=Limits(download=10))


def test_a_server_that_is_not_there_is_one_line():
    with pytest.raises(VigieError, match=r"^http://127\.0\.0\.1:1/x: it cannot be fetched \(connection refused\)"):
        Reading("http://127.0.0.1:1/x")
