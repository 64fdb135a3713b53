"""The lab itself, for real: it starts, its pods talk, its nodes die and come back, and it leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import control, etcd, host, images, life, node, programs, record, replay, scenario
from tests.lab.build import generate
from tests.lab.instance import Instance
from tests.lab.kube import Client, Json, until

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
NAME = "test-lab"
MARK = "VIGIE_LAB_MARK"
SYSCTLS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward")
GRACE = 50.0
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule,
         labelSelector: {matchLabels: {app: web}}}
      containers:
      - name: web
        image: vigie-lab/busybox:1
        command: [sh, -c, 'mkdir /w; hostname > /w/index.html; echo serving; exec httpd -f -p 8080 -h /w']
        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  terminationGracePeriodSeconds: 1
  nodeName: n1
  containers: [{name: client, image: "vigie-lab/busybox:1"}]
"""


def lacking() -> str:
    """Why this machine cannot run the lab; empty if it can."""
    return "no `go` on PATH to build Kubernetes with" if not shutil.which("go") else host.lacking()


def skip_unless_possible() -> None:
    """Skip with the reason; where CI is set and Go is there, a skip would hide a broken lab and is a failure."""
    reason = lacking()
    if reason and os.environ.get("CI") == "true" and shutil.which("go"):
        pytest.fail(f"the lab cannot run in CI: {reason}")
    if reason:
        pytest.skip(reason)


def marked(mark: str) -> list[str]:
    """The command lines of all processes that inherited *mark*."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or is none of root's
    return found


def traces() -> dict[str, object]:
    """Everything on the host that a lab could change for others."""
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    rules = subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return {
        "links": sorted(line.split(":")[1].strip() for line in links.splitlines()),
        "rules": rules,
        "mounts": sorted(mounts),
        "sysctls": {name: Path("/proc/sys", name).read_text() for name in SYSCTLS},
        "cgroups": sorted(str(path) for path in host.CGROUPS.glob(f"*/vigie-lab-{NAME}-gone.*")),
        "folder": Instance(NAME + "-gone").folder.exists(),
    }


@pytest.mark.parametrize("killed_after", [None, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.5, 4.0, 6.0])
def test_down_leaves_nothing(killed_after: float | None) -> None:
    """Also after `lab up` itself was killed with -9 at any moment."""
    skip_unless_possible()
    name, mark = NAME + "-gone", uuid.uuid4().hex
    before = traces()
    command = [sys.executable, "-m", "tests.lab", "up", "--name", name, "--nodes", "1"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {MARK: mark}, stderr=subprocess.PIPE) as process:
        try:
            assert process.wait(timeout=killed_after or 120) == 0, "`lab up` failed, or ended before it could be killed"
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
    life.down(name)
    assert marked(mark) == []
    assert traces() == before


@pytest.fixture(scope="module")
def cluster() -> Iterator[Instance]:
    skip_unless_possible()
    life.down(NAME)
    try:
        yield life.up(NAME, nodes=3)
    finally:
        life.down(NAME)


@pytest.fixture(scope="module")
def client(cluster: Instance) -> Iterator[Client]:
    with Client(cluster.kubeconfig) as opened:
        yield opened


def kubectl(cluster: Instance, *words: str) -> str:
    done = life.kubectl(cluster, words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ready(client: Client, name: str) -> str:
    return life.conditions(client.object(f"/api/v1/nodes/{name}"))["Ready"]


@pytest.fixture(scope="module")
def web(cluster: Instance) -> Instance:
    life.apply(cluster, WEB)
    kubectl(cluster, "rollout", "status", "deploy/web", "--timeout=60s")
    kubectl(cluster, "wait", "--for=condition=Ready", "pod/client", "--timeout=60s")
    return cluster


def test_nodes_are_ready(client: Client) -> None:
    found = {item["metadata"]["name"]: life.conditions(item)["Ready"] for item in client.items("/api/v1/nodes")}
    assert found == {"n1": "True", "n2": "True", "n3": "True"}


def test_up_again_changes_nothing(cluster: Instance) -> None:
    before = cluster.parts()
    life.up(NAME, nodes=3)
    assert cluster.parts() == before
    assert all(before.values())


def test_service_and_dns_between_pods(web: Instance) -> None:
    script = "for i in $(seq 20); do wget -q -O - http://web.default.svc.cluster.local; done"
    pods = set(kubectl(web, "get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}").split())

    def answers() -> set[str]:
        return set(kubectl(web, "exec", "client", "--", "sh", "-c", script).split())

    # kube-proxy learns of the second endpoint a moment after the rollout is done.
    until("two pods on two nodes to answer under one name", lambda: answers() == pods, 30)


def test_logs_and_exec(web: Instance) -> None:
    assert kubectl(web, "logs", "deploy/web").strip() == "serving"
    assert kubectl(web, "exec", "client", "--", "cat", "/etc/resolv.conf").startswith(
        "search default.svc.cluster.local"
    )


def test_users(cluster: Instance) -> None:
    for file, allowed in (("kubeconfig-cert", True), ("kubeconfig-reader", False)):
        command = [str(cluster.programs / "kubectl"), f"--kubeconfig={cluster.folder / file}", "get", "secrets", "-A"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode == 0) == allowed, done.stderr
    assert "Forbidden" in done.stderr


def test_registries_refuse_each_in_its_way(cluster: Instance, client: Client) -> None:
    expected = {5000: "not found", 5001: "401", 5002: "429", 5003: "connection refused", 5004: "503", 5007: "403"}
    for port in expected:
        kubectl(cluster, "run", f"pull-{port}", f"--image=registry.lab:{port}/shop/app:1")

    def messages() -> dict[str, str]:
        events = [e for e in client.items("/api/v1/namespaces/default/events") if "Failed to pull" in str(e)]
        told = {event["involvedObject"]["name"]: event.get("message", "") for event in events}
        return {name: text for name, text in told.items() if text.startswith("Failed to pull")}

    until("a refusal of each", lambda: {f"pull-{port}" for port in expected} <= messages().keys(), 60, 1.0)
    for port, words in expected.items():
        assert words in messages()[f"pull-{port}"]
    kubectl(cluster, "delete", "pods", "--now", *(f"pull-{port}" for port in expected))


def test_stored_object_has_its_own_past(cluster: Instance, client: Client) -> None:
    scenario.do_stored(
        cluster,
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: old, namespace: default,"
        " creationTimestamp: '${ago:26h}'}, data: {a: b}}",
    )
    found = client.object("/api/v1/namespaces/default/configmaps/old")
    born = time.strptime(found["metadata"]["creationTimestamp"] + "UTC", "%Y-%m-%dT%H:%M:%SZ%Z")
    assert 25 < (time.mktime(time.gmtime()) - time.mktime(born)) / 3600 < 27


def test_stopped_scheduler_leaves_pods_pending(cluster: Instance, client: Client) -> None:
    control.stop(cluster, "scheduler")
    kubectl(cluster, "run", "waiting", "--image=vigie-lab/busybox:1")
    time.sleep(3)
    assert "nodeName" not in client.object("/api/v1/namespaces/default/pods/waiting")["spec"]
    control.start(cluster, "scheduler")
    kubectl(cluster, "wait", "--for=condition=Ready", "pod/waiting", "--timeout=60s")
    kubectl(cluster, "delete", "pod", "waiting", "--now")


def test_recording_replays_as_it_was(cluster: Instance, web: Instance, tmp_path: Path) -> None:
    archive = tmp_path / "evidence.tar.gz"
    archive.write_bytes(record.pack(record.read(web.kubeconfig)))
    name = NAME + "-replay"
    try:
        served = replay.start(archive, name)
        recorded, read = dict(replay.members(archive)), dict(record.read(served.kubeconfig))
    finally:
        life.down(name)
    before, after = objects(recorded), objects(read)
    assert "Pod/default/client" in before
    assert {key: after.get(key) for key in before} == before
    assert not [key for key in after.keys() - before.keys() if key.startswith("Lease/")]
    logs = {key: data for key, data in recorded.items() if key.endswith(".log")}
    assert any(logs.values())
    assert {key: read.get(key) for key in logs} == logs


def objects(files: dict[str, bytes]) -> dict[str, Json]:
    """KIND/NAMESPACE/NAME -> object, without what a server writes on reading or for itself."""
    found = {}
    for name, data in files.items():
        if name.endswith("s.json") and "componentstatuses" not in name:
            for item in replay.expanded(json.loads(data)):
                metadata = item["metadata"]
                metadata.pop("resourceVersion")
                own = item["kind"] in ("ConfigMap", "IPAddress", "ServiceCIDR", "APIService")
                if not own:
                    found[f"{item['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"] = item
    return found


def test_node_killed_and_node_cut_off(cluster: Instance, client: Client) -> None:
    node.kill(cluster, "n3")
    node.cable(cluster, "n2", "down")
    begun = time.monotonic()
    for name in ("n2", "n3"):
        until(f"{name} lost", lambda name=name: ready(client, name) == "Unknown", 2 * GRACE, 1.0)  # type: ignore[misc]
    assert time.monotonic() - begun > GRACE * 0.6
    assert ready(client, "n1") == "True"
    node.cable(cluster, "n2", "up")
    node.revive(cluster, "n3")
    life.wait_nodes(cluster, ["n2", "n3"], 60)


def test_images_are_reproducible() -> None:
    made = images.archive(["docker.io/vigie-lab/x:1"], {"/bin/x": b"x"}, ["/bin/x"])
    assert made == images.archive(["docker.io/vigie-lab/x:1"], {"/bin/x": b"x"}, ["/bin/x"])


def test_build_is_repeated_from_the_cache() -> None:
    skip_unless_possible()
    folder = programs.kubernetes("1.36").make()
    stamp = (folder / "program").stat()
    assert programs.kubernetes("1.36").make(pytest.fail) == folder
    assert (folder / "program").stat() == stamp
    assert sorted(path.name for path in folder.iterdir() if path.is_symlink()) == sorted(programs.KUBERNETES)


def test_replaces_are_generated_from_the_published_module() -> None:
    published: dict[str, object] = {
        "Go": "1.26.0",
        "Replace": [{"Old": {"Path": "k8s.io/api"}, "New": {"Path": "./staging/src/k8s.io/api"}}],
    }
    text = generate.go_mod(published, "v1.36.3", {"k8s.io/kubernetes": "v1.36.3"})
    assert "\tk8s.io/api => k8s.io/api v0.36.3\n" in text
    published["Replace"] = [{"Old": {"Path": "a.b/c"}, "New": {"Path": "../c"}}]
    with pytest.raises(SystemExit, match="not published"):
        generate.go_mod(published, "v1.36.3", {})


@pytest.mark.parametrize("version", generate.VERSIONS)
def test_committed_modules_are_of_their_version(version: str) -> None:
    text = (programs.WRAPPER / version / "go.mod").read_text()
    assert f"\tk8s.io/kubernetes {generate.VERSIONS[version]}\n" in text
    staging = "v0." + generate.VERSIONS[version].removeprefix("v1.")
    replaced = [line.split() for line in text.splitlines() if "=>" in line]
    assert len(replaced) > 25
    assert all(words[0] == words[2] and words[3] == staging for words in replaced)


def test_every_scenario_can_be_loaded() -> None:
    assert all(scenario.load(name).description for name in scenario.names())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"extra": 1}, "unknown key extra"),
        ({"steps": [{"explode": "n1"}]}, "step 1 is not one of"),
        ({"base": "castle"}, "no base castle"),
        ({"truth": {"causes": [{"entity": "Pod/a/b"}]}}, "a cause has no class"),
        ({"truth": {"causes": [{"entity": "Pod/a/b", "class": "bad-luck"}]}}, "no class"),
        ({"truth": {"causes": [], "innocent": ["cart"]}}, "not KIND/NAMESPACE/NAME"),
        ({"truth": {"causes": [], "thinned": {"no-nodes": "same"}}}, "unknown key truth.thinned.no-nodes"),
    ],
)
def test_scenario_faults_are_said(change: dict[str, object], said: str) -> None:
    good: dict[str, object] = {"description": "x", "truth": {"causes": []}}
    assert not list(scenario.problems(good))
    assert said in " ".join(scenario.problems(good | change))


def test_recordings_hold_no_managed_fields_and_no_bootstrap() -> None:
    bootstrap = {"metadata": {"name": "admin", "labels": {record.BOOTSTRAP: "rbac-defaults"}}}
    own = {"metadata": {"name": "x", "managedFields": [1]}}
    pruned = record.pruned(json.dumps({"kind": "RoleList", "items": [bootstrap, own]}).encode())
    assert json.loads(pruned)["items"] == [{"metadata": {"name": "x"}}]


def test_archive_depends_on_its_members_only() -> None:
    assert record.pack([("b", b"2"), ("a", b"1")]) == record.pack([("a", b"1"), ("b", b"2")])


@pytest.mark.parametrize(
    ("group", "plural", "namespace", "expected"),
    [
        ("", "nodes", "", "/registry/minions/x"),
        ("", "services", "a", "/registry/services/specs/a/x"),
        ("apps", "deployments", "a", "/registry/deployments/a/x"),
        ("networking.k8s.io", "ingresses", "a", "/registry/ingress/a/x"),
        ("cert-manager.io", "issuers", "a", "/registry/cert-manager.io/issuers/a/x"),
    ],
)
def test_keys_of_etcd(group: str, plural: str, namespace: str, expected: str) -> None:
    assert etcd.key(group, plural, namespace, "x") == expected
