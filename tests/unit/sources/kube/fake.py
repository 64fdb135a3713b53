"""An API server that only misbehaves: its answers are scripted by path. Good answers are proven on a real one."""

import contextlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vigie.sources.kube import Cluster
from vigie.sources.kube.client import Pace

Script = "Answer | list[Answer]"


class Answer:
    """One answer: a status, a body, headers; or an act of its own on the handler."""

    def __init__(
        self,
        body: Any = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
        act: Callable[["Handler"], None] | None = None,
    ) -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.headers = {"Content-Type": "application/json", **(headers or {})}
        self.act = act


def refusal(status: int, message: str = "no", headers: dict[str, str] | None = None, **metadata: str) -> Answer:
    """A Status object, as API servers refuse."""
    body = {"kind": "Status", "status": "Failure", "code": status, "message": message, "metadata": metadata}
    return Answer(body, status, headers)


def pod_list(*names: str, token: str = "") -> Answer:
    """A page of pods of namespace shop."""
    items = [{"metadata": {"name": name, "namespace": "shop"}} for name in names]
    metadata = {"resourceVersion": "7", "continue": token}
    return Answer({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items})


def resources(*entries: tuple[str, str, bool], group_version: str = "v1") -> Answer:
    """What a group and version serves: (plural, kind, namespaced)."""
    served = [{"name": p, "kind": k, "namespaced": n, "verbs": ["get", "list"]} for p, k, n in entries]
    return Answer({"kind": "APIResourceList", "groupVersion": group_version, "resources": served})


class Handler(http.server.BaseHTTPRequestHandler):
    """Plays the script: a list of answers is used up to its last one, which stays."""

    protocol_version = "HTTP/1.1"
    script: dict[str, list[Answer]]
    seen: list[tuple[str, dict[str, str]]]
    lock = threading.Lock()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        with self.lock:
            self.seen.append((self.path, dict(self.headers)))
            answers = self.script.get(path, [refusal(404, "the server could not find the requested resource")])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer.act:
            answer.act(self)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


class Fake:
    """A running fake: its kubeconfig, and what it was asked."""

    def __init__(self, url: str, folder: Path, seen: list[tuple[str, dict[str, str]]]) -> None:
        self.url = url
        self.seen = seen
        self.kubeconfig = folder / "kubeconfig"
        self.write(token="secret-token")

    def write(self, **user: Any) -> None:
        """Write the kubeconfig with this user."""
        config = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "fake", "user": "u", "namespace": "shop"}}],
            "clusters": [{"name": "fake", "cluster": {"server": self.url}}],
            "users": [{"name": "u", "user": user}],
        }
        self.kubeconfig.write_text(json.dumps(config))

    def connect(self, **options: Any) -> Cluster:
        """A cluster that is in no hurry to be polite."""
        options = {"request_timeout": 5.0, "pace": Pace(10_000, 10_000), **options}
        return Cluster.connect(kubeconfig=str(self.kubeconfig), **options)

    def paths(self, start: str = "") -> list[str]:
        """The paths with query that were asked."""
        return [path for path, _ in self.seen if path.startswith(start)]


DEFAULT = {
    "/version": Answer({"gitVersion": "v1.36.3"}),
    "/api": Answer({"kind": "APIVersions", "versions": ["v1"]}),
    "/apis": Answer({"kind": "APIGroupList", "groups": []}),
    "/api/v1": resources(("pods", "Pod", True)),
    "/api/v1/pods": pod_list("a"),
}


@contextlib.contextmanager
def fake(folder: Path, script: dict[str, Any]) -> Iterator[Fake]:
    """Serve the default script with `script` over it, on this machine."""
    answers = {path: one if isinstance(one, list) else [one] for path, one in {**DEFAULT, **script}.items()}
    seen: list[tuple[str, dict[str, str]]] = []
    handler = type("Scripted", (Handler,), {"script": answers, "seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Fake(f"http://127.0.0.1:{server.server_port}", folder, seen)
        finally:
            server.shutdown()
            thread.join()
