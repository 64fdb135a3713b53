"""The live source against a real API server: all kinds, all ways in, and what goes wrong while it is read."""

import base64
import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab import control, etcd, life
from tests.lab.instance import CONTROL, Instance
from tests.lab.kube import Client as Admin
from tests.lab.kube import until
from tests.real.conftest import need_lab
from vigie.model.errors import VigieError
from vigie.model.evidence import Evidence, Gap, Listed
from vigie.sources import open_source
from vigie.sources.kube import Cluster, client, pages, save

pytestmark = pytest.mark.real
NAME = "test-live"
MANY = 1200
SHOP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: readers, namespace: shop}
rules: [{apiGroups: [""], resources: [pods, configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: readers}
subjects: [{kind: Group, name: lab-readers, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: hunter2Zz9}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.test}
spec:
  group: example.test
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - {name: v1, served: true, storage: true,
     schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
---
apiVersion: v1
kind: Pod
metadata: {name: talker, namespace: shop}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: "vigie-lab/busybox:1", command: [sh, -c, "echo started; sleep 1; echo giving up; exit 3"]}
"""
WIDGET = """
apiVersion: example.test/v1
kind: Widget
metadata: {name: one, namespace: shop}
spec: {size: 3}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Instance]:
    need_lab()
    life.down(NAME)
    try:
        instance = life.up(NAME, nodes=1)
        life.apply(instance, SHOP)
        until("the Widget kind", lambda: life.kubectl(instance, ["get", "widgets", "-A"]).returncode == 0, 30)
        life.apply(instance, WIDGET)
        name, item = "/registry/configmaps/shop/{}", {"apiVersion": "v1", "kind": "ConfigMap"}
        maps = [f"map-{n:05}" for n in range(MANY)]
        uid = "00000000-0000-4000-8000-{:012}"
        etcd.put(
            instance,
            [
                (name.format(m), {**item, "metadata": {"name": m, "namespace": "shop", "uid": uid.format(n)}})
                for n, m in enumerate(maps)
            ],
        )
        yield instance
    finally:
        life.down(NAME)


@pytest.fixture
def entry(lab: Instance, tmp_path: Path) -> "Entry":
    return Entry(lab, tmp_path)


class Entry:
    """Kubeconfigs of the test's own for the lab."""

    def __init__(self, lab: Instance, folder: Path) -> None:
        self._config = yaml.safe_load(lab.kubeconfig.read_text())
        self._folder = folder
        self.pki = lab.folder / "pki"
        self.tokens = json.loads((self.pki / "tokens.json").read_text())

    def write(self, user: dict[str, Any], **cluster: Any) -> str:
        """A kubeconfig with this user; `cluster` fields are set over those of the lab, None removes one."""
        config = json.loads(json.dumps(self._config))
        config["users"][0]["user"] = user
        merged = {**config["clusters"][0]["cluster"], **cluster}
        config["clusters"][0]["cluster"] = {key: value for key, value in merged.items() if value is not None}
        path = self._folder / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return str(path)


@contextlib.contextmanager
def connected(kubeconfig: object, **options: Any) -> Iterator[Cluster]:
    cluster = Cluster.connect(kubeconfig=str(kubeconfig), **options)
    try:
        yield cluster
    finally:
        cluster.close()


def split(found: Iterator[Evidence | Gap]) -> tuple[list[Evidence], list[Gap]]:
    everything = list(found)
    return [x for x in everything if isinstance(x, Evidence)], [x for x in everything if isinstance(x, Gap)]


def items(evidence: list[Evidence], origin: str) -> list[dict[str, Any]]:
    return [item for one in evidence if one.origin == origin for item in json.loads(content(one))["items"] or ()]


def content(evidence: Evidence) -> bytes:
    with evidence.open() as stream:
        return stream.read()


def names(evidence: list[Evidence], origin: str) -> list[str]:
    return [f"{i['metadata'].get('namespace', '')}/{i['metadata']['name']}" for i in items(evidence, origin)]


def whole(lab: Instance, path: str) -> list[str]:
    """The names of an unpaged list, as the server gives it to the administrator."""
    with Admin(lab.kubeconfig) as admin:
        return [f"{i['metadata'].get('namespace', '')}/{i['metadata']['name']}" for i in admin.object(path)["items"]]


def test_every_served_kind_is_read_and_pages_equal_the_full_list(lab: Instance) -> None:
    with connected(lab.kubeconfig) as cluster:
        assert cluster.version.startswith("v1.36")
        evidence, gaps = split(cluster.lists())
    assert not gaps
    done = life.kubectl(lab, ["api-resources", "--verbs=list", "--no-headers", "-o", "name"])
    served = set(done.stdout.split()) - {"componentstatuses", "events.events.k8s.io"}
    read = {".".join((one.origin.rsplit("/", 1)[1], one.listed.group)).rstrip(".") for one in evidence if one.listed}
    assert read == served
    for plural in ("configmaps", "pods", "services", "serviceaccounts"):
        assert names(evidence, f"/api/v1/{plural}") == whole(lab, f"/api/v1/{plural}")
    for path in ("apps/v1/deployments", "rbac.authorization.k8s.io/v1/clusterroles", "example.test/v1/widgets"):
        assert names(evidence, f"/apis/{path}") == whole(lab, f"/apis/{path}")
    maps = [one for one in evidence if one.origin == "/api/v1/configmaps"]
    assert len(maps) == 3
    assert [one.first for one in maps] == [0, 500, 1000]
    now = time.time() * 1e6
    assert all(one.time and abs(one.time - now) < 60e6 for one in evidence)


def test_of_secrets_only_keys_and_sizes_are_read(lab: Instance) -> None:
    with connected(lab.kubeconfig) as cluster:
        evidence, _ = split(cluster.lists())
    everything = b"".join(map(content, evidence))
    assert b"hunter2Zz9" not in everything
    assert base64.b64encode(b"hunter2Zz9") not in everything
    (secret,) = [one for one in items(evidence, "/api/v1/secrets") if one["metadata"]["name"] == "db"]
    assert secret["data"] == {"password": ""}
    assert json.loads(secret["metadata"]["annotations"]["vigie/sizes"]) == {"password": 10}


def test_the_server_saw_only_paged_reads(lab: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    exchange = client.Client._exchange

    def spy(self: client.Client, target: str, *rest: Any) -> Any:
        asked.append(target)
        return exchange(self, target, *rest)

    monkeypatch.setattr(client.Client, "_exchange", spy)
    with connected(lab.kubeconfig) as cluster:
        split(cluster.lists())
    lists = [target for target in asked if target not in ("/version", "/api", "/apis")]
    assert len(lists) > 50
    assert all("?limit=500" in target for target in lists)


def test_a_user_of_one_namespace_reads_it_and_knows_what_is_missing(lab: Instance) -> None:
    reader = lab.folder / "kubeconfig-reader"
    with connected(reader, namespace="shop") as cluster:
        evidence, gaps = split(cluster.lists())
    assert {one.listed for one in evidence} == {Listed("", "Pod", "shop"), Listed("", "ConfigMap", "shop")}
    assert len(names(evidence, "/api/v1/namespaces/shop/configmaps")) == MANY + 1
    missing = {gap.listed.kind for gap in gaps if gap.listed}
    assert {"Secret", "Node", "Deployment", "Widget", "Event", "Pod"} <= missing
    pods = next(gap for gap in gaps if gap.listed == Listed("", "Pod", None))
    assert "read in namespace shop only" in pods.what
    with connected(reader) as cluster:
        evidence, gaps = split(cluster.lists())
    assert not evidence
    assert len(gaps) > 50


def test_impersonation(lab: Instance) -> None:
    with connected(lab.kubeconfig, as_user="lab-reader") as cluster:
        evidence, gaps = split(cluster.lists())
    assert not evidence
    assert 'User "lab-reader" cannot list' in gaps[0].what
    with connected(lab.kubeconfig, as_user="jane", as_groups=("lab-readers",), namespace="shop") as cluster:
        evidence, _ = split(cluster.lists(["shop"]))
    assert {one.origin for one in evidence} == {"/api/v1/namespaces/shop/pods", "/api/v1/namespaces/shop/configmaps"}
    reader = lab.folder / "kubeconfig-reader"
    with connected(reader, as_user="jane") as cluster, pytest.raises(VigieError, match="cannot impersonate"):
        split(cluster.lists(["shop"]))


def reads(kubeconfig: str) -> bool:
    with connected(kubeconfig) as cluster:
        evidence, gaps = split(cluster.lists(["shop"]))
        return not gaps and bool(names(evidence, "/api/v1/nodes"))


def test_client_certificates_from_files_and_inline(lab: Instance, entry: Entry) -> None:
    assert reads(str(lab.folder / "kubeconfig-cert"))
    certificate = (entry.pki / "lab-cert.crt").read_bytes()
    key = (entry.pki / "lab-cert.key").read_bytes()
    inline = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    assert reads(entry.write(inline))
    other = {**inline, "client-key-data": base64.b64encode((entry.pki / "sa.key").read_bytes()).decode()}
    with pytest.raises(VigieError, match="do not fit together"):
        reads(entry.write(other))
    encrypted = subprocess.run(
        ["openssl", "ec", "-aes128", "-passout", "pass:x", "-in", str(entry.pki / "lab-cert.key")],
        capture_output=True,
        check=True,
    ).stdout
    with pytest.raises(VigieError, match="the key without a password"):
        reads(entry.write({**inline, "client-key-data": base64.b64encode(encrypted).decode()}))


def test_trust_is_what_the_kubeconfig_says(entry: Entry) -> None:
    user = {"token": entry.tokens["lab-admin"]}
    authority = (entry.pki / "ca.crt").read_bytes()
    assert reads(entry.write(user, **{"certificate-authority": None, "insecure-skip-tls-verify": True}))
    data = {"certificate-authority": None, "certificate-authority-data": base64.b64encode(authority).decode()}
    assert reads(entry.write(user, **data))
    assert reads(entry.write(user, **{"tls-server-name": "kubernetes.default.svc"}))
    for wrong in (
        {"certificate-authority": str(entry.pki / "front-proxy-ca.crt")},
        {"certificate-authority": None},
        {"tls-server-name": "elsewhere.example"},
    ):
        with pytest.raises(VigieError, match="certificate is not trusted") as raised:
            reads(entry.write(user, **wrong))
        assert "\n" not in str(raised.value)
    with pytest.raises(VigieError, match="no PEM certificate"):
        reads(entry.write(user, **{"certificate-authority": str(entry.pki / "tokens.json")}))


def jwt(entry: Entry, folder: Path, expires: float) -> str:
    """A token of a service account, signed with the cluster's own key."""

    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    issuer = "https://kubernetes.default.svc.cluster.local"
    claims = {
        "iss": issuer, "aud": [issuer], "exp": int(expires), "iat": int(expires) - 3600, "nbf": int(expires) - 3600,
        "sub": "system:serviceaccount:shop:default",
        "kubernetes.io": {"namespace": "shop", "serviceaccount": {"name": "default", "uid": "x"}},
    }  # fmt: skip
    text = f"{part(json.dumps({'alg': 'ES256'}).encode())}.{part(json.dumps(claims).encode())}"
    (folder / "text").write_text(text)
    words = ["openssl", "dgst", "-sha256", "-sign", str(entry.pki / "sa.key"), str(folder / "text")]
    der = subprocess.run(words, capture_output=True, check=True).stdout
    first = 4 + der[3]
    numbers = (der[4:first], der[first + 2 : first + 2 + der[first + 1]])
    return f"{text}.{part(b''.join(n.lstrip(bytes(1)).rjust(32, bytes(1)) for n in numbers))}"


def test_wrong_and_expired_tokens(lab: Instance, entry: Entry, tmp_path: Path) -> None:
    with pytest.raises(VigieError, match="401: Unauthorized; log in again"):
        reads(entry.write({"token": "wrong"}))
    with pytest.raises(VigieError, match="401: Unauthorized; log in again"):
        reads(entry.write({"token": jwt(entry, tmp_path, time.time() - 60)}))
    account = life.kubectl(lab, ["create", "token", "default", "-n", "shop"])
    assert account.returncode == 0, account.stderr
    (tmp_path / "token").write_text(account.stdout)
    with connected(entry.write({"tokenFile": "token"})) as cluster:
        _, gaps = split(cluster.lists(["shop"]))
    assert 'User "system:serviceaccount:shop:default" cannot list' in gaps[0].what


def test_exec_plugins(entry: Entry, tmp_path: Path) -> None:
    def plugin(status: dict[str, str], version: str = "v1") -> dict[str, Any]:
        api = f"client.authentication.k8s.io/{version}"
        answer = {"apiVersion": api, "kind": "ExecCredential", "status": status}
        (tmp_path / "answer.json").write_text(json.dumps(answer))
        code = f"import sys; sys.stdout.write(open({str(tmp_path / 'answer.json')!r}).read())"
        program = {"command": sys.executable, "args": ["-c", code], "interactiveMode": "Never"}
        return {"exec": {"apiVersion": api, **program}}

    token = entry.tokens["lab-admin"]
    assert reads(entry.write(plugin({"token": token})))
    assert reads(entry.write(plugin({"token": token, "expirationTimestamp": "2999-01-01T00:00:00Z"}, "v1beta1")))
    certificate = (entry.pki / "lab-cert.crt").read_text()
    key = (entry.pki / "lab-cert.key").read_text()
    assert reads(entry.write(plugin({"clientCertificateData": certificate, "clientKeyData": key})))
    with pytest.raises(VigieError, match="expired at 2020"):
        reads(entry.write(plugin({"token": token, "expirationTimestamp": "2020-01-01T00:00:00Z"})))
    with pytest.raises(VigieError, match="401: Unauthorized"):
        reads(entry.write(plugin({"token": "wrong"})))


def test_through_a_proxy(entry: Entry) -> None:
    tunnels: list[str] = []

    def carry(near: socket.socket) -> None:
        with near, near.makefile("rb") as lines:
            words = lines.readline().decode().split()
            headers = b"".join(iter(lines.readline, b"\r\n"))
            tunnels.append(f"{words[0]} {b'Proxy-Authorization: Basic bWU6eA==' in headers}")
            where, _, port = words[1].rpartition(":")
            with socket.create_connection((where, int(port))) as far:
                near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=pump, args=(far, near))
                back.start()
                pump(near, far)
                back.join()

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=carry, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"http://me:x@127.0.0.1:{listener.getsockname()[1]}"
        assert reads(entry.write({"token": entry.tokens["lab-admin"]}, **{"proxy-url": url}))
        listener.shutdown(socket.SHUT_RDWR)
    assert set(tunnels) == {"CONNECT True"}
    with pytest.raises(VigieError, match="a proxy of the kind 'socks5' cannot be used"):
        reads(entry.write({"token": "t"}, **{"proxy-url": "socks5://127.0.0.1:1"}))


def test_logs_of_now_and_before(lab: Instance) -> None:
    def restarted() -> bool:
        count = "jsonpath={.status.containerStatuses[0].restartCount}"
        done = life.kubectl(lab, ["get", "pod", "talker", "-n", "shop", "-o", count])
        return done.stdout.isdigit() and int(done.stdout) > 0

    until("a restart of the pod", restarted, 60)
    wanted = [("shop", "talker", "main", True), ("shop", "talker", "nobody", False), ("shop", "gone", "main", False)]
    found: list[Evidence | Gap] = []

    def had() -> bool:
        # Between two restarts the kubelet may have removed one container's files and not have the other's yet.
        with connected(lab.kubeconfig) as cluster:
            found[:] = cluster.logs(wanted)
        return isinstance(found[0], Evidence)

    until("the log of the container before", had, 30)
    before, nobody, gone = found
    assert isinstance(before, Evidence)
    assert before.origin == "/api/v1/namespaces/shop/pods/talker/log?container=main&previous=true"
    assert content(before) == b"started\ngiving up\n"
    assert isinstance(nobody, Gap)
    assert "nobody is not valid for pod talker" in nobody.what
    assert isinstance(gone, Gap)
    assert '404: pods "gone" not found' in gone.what


def test_a_saved_reading_is_read_back_the_same(lab: Instance, tmp_path: Path) -> None:
    with connected(lab.kubeconfig) as cluster:
        evidence, _ = split(cluster.lists())
    for one in evidence:
        save(one, tmp_path)
    saved = [one for one in open_source(str(tmp_path)) if isinstance(one, Evidence)]
    assert len(saved) == len({one.origin for one in evidence})
    for one in saved:
        origin = "/" + one.origin.removesuffix(".json")
        assert items(saved, one.origin) == items(evidence, origin)


def test_an_aggregated_api_that_is_down_is_a_gap(lab: Instance) -> None:
    service = "\n".join(
        [
            "apiVersion: apiregistration.k8s.io/v1",
            "kind: APIService",
            "metadata: {name: v1.down.example.test}",
            "spec: {group: down.example.test, version: v1, groupPriorityMinimum: 100, versionPriority: 100,",
            "  insecureSkipTLSVerify: true, service: {name: nobody, namespace: shop}}",
        ]
    )
    life.apply(lab, service)
    try:

        def gap() -> list[Gap]:
            with connected(lab.kubeconfig) as cluster:
                evidence, gaps = split(cluster.lists(["shop"]))
            assert len(evidence) > 40
            return gaps

        until("a gap of the broken group", gap, 30)
        (found,) = gap()
        assert "down.example.test/v1 is not served now" in found.what
    finally:
        life.kubectl(lab, ["delete", "apiservice", "v1.down.example.test"])


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Counts the refusals by status that the client met; small pages, so that a list takes long enough."""
    monkeypatch.setattr(pages, "PAGE", 50)
    met: Counter[int] = Counter()
    refusal = client._refusal

    def spy(*given: Any) -> client.RefusedError:
        found = refusal(*given)
        met[found.status] += 1
        return found

    monkeypatch.setattr(client, "_refusal", spy)
    return met


def test_an_apiserver_that_restarts_in_the_middle(lab: Instance, statuses: Counter[int]) -> None:
    want = whole(lab, "/api/v1/configmaps")
    with connected(lab.kubeconfig) as cluster:
        reading = cluster.lists()
        first = next(one for one in reading if one.origin == "/api/v1/configmaps")
        lab.kill("kube-apiserver")
        control.start_apiserver(lab)
        evidence, gaps = split(reading)
    assert isinstance(first, Evidence)
    assert names([first, *evidence], "/api/v1/configmaps") == want
    assert not gaps, [gap.what for gap in gaps]
    control.wait_ready(lab)


def test_a_token_that_etcd_has_compacted_away(lab: Instance, statuses: Counter[int]) -> None:
    want = whole(lab, "/api/v1/configmaps")
    with connected(lab.kubeconfig) as cluster:
        reading = cluster.lists()
        first = next(one for one in reading if one.origin == "/api/v1/configmaps")
        # A write moves etcd on, compaction forgets what was before, and a new API server has no cache of it.
        life.kubectl(lab, ["annotate", "namespace", "shop", "--overwrite", f"moved={time.time()}"])
        lab.kill("kube-apiserver")
        compact(lab)
        control.start_apiserver(lab)
        evidence, gaps = split(reading)
    assert isinstance(first, Evidence)
    assert names([first, *evidence], "/api/v1/configmaps") == want
    assert statuses[410] == 1
    assert not gaps, [gap.what for gap in gaps]
    firsts = [one.first for one in evidence if one.origin == "/api/v1/configmaps"]
    assert firsts == sorted(set(firsts))
    control.wait_ready(lab)


def compact(lab: Instance) -> None:
    """Compact etcd up to its current revision, through its own HTTP gateway."""
    script = (
        "import json, urllib.request\n"
        "def ask(path, body):\n"
        f"    return json.load(urllib.request.urlopen({control.ETCD!r} + path, json.dumps(body).encode()))\n"
        "found = ask('/v3/kv/range', {'key': 'AA==', 'range_end': 'AA==', 'count_only': True})\n"
        "ask('/v3/kv/compaction', {'revision': found['header']['revision'], 'physical': True})\n"
    )
    lab.run(CONTROL, [sys.executable, "-I", "-c", script], only="n")


def test_a_server_that_is_gone_for_good(lab: Instance, entry: Entry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    user = {"token": entry.tokens["lab-admin"]}
    with pytest.raises(VigieError, match="cannot be reached"):
        reads(entry.write(user, server=f"https://127.0.0.1:{port}"))
    server = yaml.safe_load(lab.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    with pytest.raises(VigieError, match="the server answers 400"):
        reads(entry.write(user, server=server.replace("https://", "http://")))
