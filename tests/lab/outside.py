"""What lies outside the cluster: registries that misbehave, and a name server without names. Standard library only.

    outside.py ADDRESS

The registries speak plain HTTP on ADDRESS, one behaviour a port (`REGISTRIES`); nodes know them as registry.lab:PORT.
The name server answers NXDOMAIN to everything, as the name servers of the world do for a name that does not exist.
"""

import socket
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# port -> what it does
REGISTRIES = {
    5000: "no such image (404)",
    5001: "credentials wanted (401)",
    5002: "too many requests (429)",
    5003: "closed port",
    5004: "out of order (503)",
    5005: "accepts and never answers",
    5006: "no such repository, or a private one (as Docker Hub says it: a token, then 401 insufficient_scope)",
    5007: "forbidden for these credentials (403)",
}
ANSWERS = {
    5000: (404, "MANIFEST_UNKNOWN", "manifest unknown"),
    5001: (401, "UNAUTHORIZED", "authentication required"),
    5002: (429, "TOOMANYREQUESTS", "You have reached your pull rate limit"),
    5004: (503, "UNAVAILABLE", "service unavailable"),
    5006: (401, "UNAUTHORIZED", "authentication required"),
    5007: (403, "DENIED", "requested access to the resource is denied"),
}


class Registry(BaseHTTPRequestHandler):
    """A registry API of which every image request has the one answer of its port."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Answer any request; only the version check of a 404 registry succeeds."""
        assert isinstance(self.server, ThreadingHTTPServer)
        status, code, text = ANSWERS[self.server.server_port]
        body = f'{{"errors":[{{"code":"{code}","message":"{text}"}}]}}'.encode()
        port = self.server.server_port
        if status == 404 and self.path.rstrip("/") == "/v2":
            status, body = 200, b"{}"
        if port == 5006 and self.path.startswith("/token"):
            status, body = 200, b'{"token":"anonymous"}'
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        if status == 401:
            known = ',error="insufficient_scope"' if "Authorization" in self.headers else ""
            realm = f'Bearer realm="http://registry.lab:{port}/token",service="registry.lab",scope="pull"{known}'
            self.send_header("WWW-Authenticate", realm)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, format: str, *args: object) -> None:
        """One line a request: the port and what was asked."""
        sys.stderr.write(f"{self.headers.get('Host', '')} {format % args}\n")
        sys.stderr.flush()


class Names(socketserver.BaseRequestHandler):
    """A name server over UDP to which every name is unknown."""

    def handle(self) -> None:
        """Send the question back with the answer bit and code 3, NXDOMAIN."""
        query, reply = self.request
        if len(query) < 12:
            return
        end = 12
        while end < len(query) and query[end]:
            end += query[end] + 1
        question = query[12 : end + 5]
        head = query[:2] + bytes([0x81 | (query[2] & 0x78), 0x83]) + b"\0\1\0\0\0\0\0\0"
        reply.sendto(head + question, self.client_address)


def silent(address: str, port: int) -> None:
    """Accept connections and keep them, saying nothing."""
    listener = socket.create_server((address, port))
    kept = []
    while True:
        kept.append(listener.accept()[0])
        kept = kept[-100:]


def main(address: str) -> None:
    """Serve until killed."""
    for port in ANSWERS:
        server = ThreadingHTTPServer((address, port), Registry)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=silent, args=(address, 5005), daemon=True).start()
    names = socketserver.ThreadingUDPServer((address, 53), Names)
    threading.Thread(target=names.serve_forever, daemon=True).start()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(sys.argv[1])
