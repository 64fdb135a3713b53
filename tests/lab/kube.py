"""A small client of the API server for the lab's own needs: one connection, blocking, JSON."""

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import yaml

from tests.lab.errors import LabError

Json = dict[str, Any]
AGENT = "vigie-lab"


class Refused(LabError):
    """The API server answered with an error status."""

    def __init__(self, status: int, path: str, text: str) -> None:
        super().__init__(f"GET {path}: {status} {text.strip()[:300]}")
        self.status = status


class Client:
    """One HTTP connection to the API server of *kubeconfig*, opened on first use and again after a break."""

    def __init__(self, kubeconfig: Path, timeout: float = 30.0) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        named = {c["name"]: c["context"] for c in config["contexts"]}[config["current-context"]]
        cluster = {c["name"]: c["cluster"] for c in config["clusters"]}[named["cluster"]]
        user = {u["name"]: u["user"] for u in config["users"]}[named["user"]]
        self.server = urlsplit(cluster["server"])
        data = cluster.get("certificate-authority-data")
        self.tls = ssl.create_default_context(
            cafile=cluster.get("certificate-authority"), cadata=base64.b64decode(data).decode() if data else None
        )
        if "client-certificate" in user:
            self.tls.load_cert_chain(user["client-certificate"], user["client-key"])
        self.headers = {"User-Agent": AGENT, "Accept": "application/json"}
        if "token" in user:
            self.headers["Authorization"] = f"Bearer {user['token']}"
        self.timeout = timeout
        self.connection: http.client.HTTPSConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self.connection:
            self.connection.close()
            self.connection = None

    def send(self, method: str, path: str, body: object = None, kind: str = "application/json") -> tuple[int, bytes]:
        """One request; returns status and body. Raises OSError or HTTPException when there is no answer."""
        headers = self.headers | ({"Content-Type": kind} if body is not None else {})
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                self.server.hostname or "", self.server.port or 443, context=self.tls, timeout=self.timeout
            )
        try:
            self.connection.request(method, path, data, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def get(self, path: str) -> bytes:
        """The body of GET *path*; raises Refused for any status but 200, tries once more after a broken connection."""
        try:
            status, body = self.send("GET", path)
        except (OSError, http.client.HTTPException):
            status, body = self.send("GET", path)
        if status != 200:
            raise Refused(status, path, body.decode(errors="replace"))
        return body

    def object(self, path: str) -> Json:
        """The object at *path*."""
        found: Json = json.loads(self.get(path))
        return found

    def items(self, path: str, limit: int = 500) -> Iterator[Json]:
        """Every item of the list at *path*, page after page."""
        token = ""
        while True:
            page = self.object(f"{path}?limit={limit}" + (f"&continue={quote(token)}" if token else ""))
            yield from page.get("items") or []
            token = page["metadata"].get("continue", "")
            if not token:
                return

    def answers(self, path: str = "/readyz") -> bool:
        """Whether GET *path* is answered with 200 now."""
        try:
            return self.send("GET", path)[0] == 200
        except (OSError, http.client.HTTPException):
            return False


def until(what: str, probe: Callable[[], object], seconds: float, pause: float = 0.2, hint: str = "") -> None:
    """Wait until *probe* returns something true; raises LabError naming *what* after *seconds*."""
    end = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > end:
            raise LabError(f"{what} did not happen within {seconds:.0f} s{'; ' + hint if hint else ''}")
        time.sleep(pause)
