"""Stand-ins for the kubelets of a replayed cluster: they serve the logs that were recorded. Standard library only.

    kubelets.py FOLDER CERTIFICATE KEY READY PORT ADDRESS...

The API server asks the kubelet of a pod's node for its logs, at the address and port that the Node object names. FOLDER
holds them as NAMESPACE/POD/CONTAINER.log and, of the run before, CONTAINER.previous.log; any other is answered by 404.
READY is made when all is served.
"""

import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

# A client of the API server may break off; a stand-in must not keep its thread for ever.
SECONDS = 30


def log(folder: Path, target: str) -> bytes | None:
    """What the request *target* (`/containerLogs/NAMESPACE/POD/CONTAINER?previous=true&tailLines=9`) asks for.

    None if no such log was recorded. Times and following are not served: a recording has no times, and no future.
    """
    asked = urlsplit(target)
    query = parse_qs(asked.query)
    parts = [unquote(part) for part in asked.path.strip("/").split("/")]
    if len(parts) != 4 or parts[0] != "containerLogs" or any("/" in part or part in ("", ".", "..") for part in parts):
        return None
    ending = ".previous.log" if query.get("previous") == ["true"] else ".log"
    path = folder / parts[1] / parts[2] / (parts[3] + ending)
    if not path.is_file():
        return None
    data = path.read_bytes()
    if "tailLines" in query:
        lines = data.splitlines(keepends=True)
        data = b"".join(lines[max(0, len(lines) - int(query["tailLines"][0])) :])
    return data[: int(query["limitBytes"][0])] if "limitBytes" in query else data


class Kubelet(BaseHTTPRequestHandler):
    """The one part of a kubelet's API that reads."""

    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    folder = Path()

    def do_GET(self) -> None:
        """Serve a log."""
        found = log(self.folder, self.path)
        body = b"no such log was recorded\n" if found is None else found
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(folder: str, certificate: str, key: str, ready: str, port: str, *addresses: str) -> None:
    """Take every address on the loopback interface of this network namespace, and serve until killed."""
    Kubelet.folder = Path(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    for address in addresses:
        subprocess.run(["ip", "addr", "replace", f"{address}/32", "dev", "lo"], check=True)
        server = ThreadingHTTPServer((address, int(port)), Kubelet)
        server.daemon_threads = True
        # Shaken hands in the thread of the connection, not in that which accepts.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    Path(ready).touch()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(*sys.argv[1:])
