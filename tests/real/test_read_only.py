"""vigie needs get, list and watch, and nothing else: proved with an account that has only these."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.lab import life
from tests.lab.instance import Instance
from tests.lab.kube import until
from tests.real.conftest import need_lab
from vigie import pipeline

NAME = "test-read-only"
BROKEN = """
apiVersion: v1
kind: Namespace
metadata: {name: press}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: lookout, namespace: press}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: lookout}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: lookout}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: lookout}
subjects: [{kind: ServiceAccount, name: lookout, namespace: press}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: printer, namespace: press}
spec:
  selector: {matchLabels: {app: printer}}
  template:
    metadata: {labels: {app: printer}}
    spec:
      containers:
      - name: main
        image: vigie-lab/busybox:1
        envFrom: [{configMapRef: {name: printer-settings}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: binder, namespace: press}
spec:
  selector: {matchLabels: {app: binder}}
  template:
    metadata: {labels: {app: binder}}
    spec:
      containers:
      - name: main
        image: vigie-lab/busybox:1
        command: [sh, -c, "echo 'fatal: glue tank is empty' >&2; exit 3"]
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Instance]:
    need_lab()
    life.down(NAME)
    try:
        instance = life.up(NAME, nodes=1)
        life.apply(instance, BROKEN)
        fields = "{range .items[*].status.containerStatuses[*]}{.restartCount}:{.state.terminated.exitCode}{.state.waiting.reason} {end}"
        asked = ["get", "pods", "-n", "press", "-o", f"jsonpath={fields}"]

        def broken() -> bool:
            said = life.kubectl(instance, asked).stdout
            # After its first end a container runs again at once, and for that moment its pod looks well.
            return (
                "CreateContainerConfigError" in said and re.search(r"\b[1-9]\d*:(3|CrashLoopBackOff)", said) is not None
            )

        until("the broken pods", broken, 90)
        yield instance
    finally:
        life.down(NAME)


def account(lab: Instance, folder: Path) -> Path:
    """A kubeconfig of the service account that may only look."""
    token = life.kubectl(lab, ["create", "token", "lookout", "-n", "press"]).stdout.strip()
    config = yaml.safe_load(lab.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


def test_an_account_that_may_only_look_gets_the_whole_answer(lab: Instance, tmp_path: Path) -> None:
    kubeconfig = account(lab, tmp_path)
    refused = life.kubectl(lab, ["auth", "can-i", "create", "pods", "--as", "system:serviceaccount:press:lookout"])
    assert refused.stdout.strip() == "no"
    graph = pipeline.read_cluster(kubeconfig=str(kubeconfig))
    assert [gap for gap in graph.gaps if gap.listed] == []
    answer = pipeline.ask(graph)
    named = {(cause.name, str(cause.entity)) for cause in answer.causes}
    assert named == {("config-missing", "ConfigMap/press/printer-settings"), ("crash-exit", "Deployment/press/binder")}
    crash = next(cause for cause in answer.causes if cause.name == "crash-exit")
    assert any(
        "glue tank is empty" in (proof.value or "") and "/log?container=main" in proof.evidence
        for proof in crash.proofs
    )
    admin = pipeline.ask(pipeline.read_cluster(kubeconfig=str(lab.kubeconfig)))
    assert {(cause.name, str(cause.entity)) for cause in admin.causes} == named
