"""Scenarios: what is done to a cluster, how long it burns, and the truth about it. Files in `scenarios/NAME.yaml`."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.lab import control, etcd, life, node
from tests.lab.errors import LabError
from tests.lab.instance import Instance
from tests.lab.kube import Client, Json, until

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "scenarios"
BASES = HERE / "base"
KEYS = {"description", "needs", "base", "manifests", "steps", "burn", "until", "truth", "notes"}
NEEDS = {"nodes": 2, "kwok": 0, "version": "1.36"}
TRUTH = {"causes", "innocent", "thinned"}
CAUSE = {"entity", "class", "also", "victims"}
THINNED = {"no-logs", "no-events", "no-previous-logs", "namespace-only"}
ENTITY = re.compile(r"[A-Za-z]+/[^/\s]*/\S+")
CLASSES = HERE.parents[1] / "src" / "vigie" / "model" / "cause-classes.tsv"
OWN_CLASS = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")
AGO = re.compile(r"\$\{ago:(\d+)([smhd])\}")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BASE_SECONDS = 150.0
STEP_SECONDS = 120.0


@dataclass(frozen=True)
class Scenario:
    """One file of `scenarios/`, checked."""

    name: str
    description: str
    needs: Mapping[str, Any]
    base: str
    manifests: str
    steps: tuple[Mapping[str, Any], ...]
    burn: float
    until: str
    truth: Mapping[str, Any] = field(repr=False)


def names() -> list[str]:
    """All scenarios there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(name: str) -> Scenario:
    """Scenario *name*; raises LabError that says what is wrong with its file."""
    path = FOLDER / f"{name}.yaml"
    try:
        data = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise LabError(f"no scenario {name} in {FOLDER}") from None
    except yaml.YAMLError as error:
        raise LabError(f"{path}: not YAML: {error}") from None
    faults = list(problems(data))
    if faults:
        raise LabError(f"{path}: " + "; ".join(faults))
    return Scenario(
        name=name,
        description=" ".join(data["description"].split()),
        needs=NEEDS | (data.get("needs") or {}),
        base=data.get("base") or "",
        manifests=data.get("manifests") or "",
        steps=tuple(data.get("steps") or ()),
        burn=float(data.get("burn", 0)),
        until=data.get("until") or "",
        truth=data["truth"],
    )


def problems(data: object) -> Iterator[str]:
    """What is wrong with a scenario's *data*, one sentence each."""
    if not isinstance(data, dict):
        yield "it is not a mapping"
        return
    for key in data.keys() - KEYS:
        yield f"unknown key {key}"
    for key in (data.get("needs") or {}).keys() - NEEDS.keys():
        yield f"unknown need {key}"
    if not isinstance(data.get("description"), str):
        yield "no description"
    base = data.get("base")
    if base and not (BASES / base).is_dir():
        yield f"no base {base} in {BASES}"
    for index, step in enumerate(data.get("steps") or [], 1):
        if not isinstance(step, dict) or len(step) != 1 or next(iter(step)) not in STEPS:
            yield f"step {index} is not one of {', '.join(STEPS)}"
    if not isinstance(data.get("truth"), dict):
        yield "no truth"
    else:
        yield from truth_problems(data["truth"])


@cache
def classes() -> frozenset[str]:
    """The cause classes there are, and `unknown`."""
    lines = CLASSES.read_text().splitlines()[1:]
    return frozenset(line.split("\t")[0] for line in lines) | {"unknown"}


def truth_problems(truth: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the *truth* part of a scenario."""
    for key in truth.keys() - TRUTH:
        yield f"unknown key truth.{key}"
    if not isinstance(truth.get("causes"), list):
        yield "truth.causes is not a list"
        return
    entities = list(truth.get("innocent") or [])
    for cause in truth["causes"]:
        for key in cause.keys() ^ (cause.keys() | {"entity", "class"}):
            yield f"a cause has no {key}"
        for key in cause.keys() - CAUSE:
            yield f"unknown key {key} of a cause"
        entities += [cause.get("entity", ""), *(cause.get("victims") or [])]
        others = [other if isinstance(other, dict) else {"class": other} for other in cause.get("also") or []]
        entities += [other["entity"] for other in others if "entity" in other]
        for name in [cause.get("class", ""), *(other["class"] for other in others if "class" in other)]:
            if name not in classes() and not OWN_CLASS.fullmatch(str(name)):
                yield f"{name!r} is no class of {CLASSES.name}"
    for entity in entities:
        if not ENTITY.fullmatch(str(entity)):
            yield f"{entity!r} is not KIND/NAMESPACE/NAME"
    for key in (truth.get("thinned") or {}).keys() - THINNED:
        yield f"unknown key truth.thinned.{key}"


def dated(text: str, now: datetime | None = None) -> str:
    """*text* with each `${ago:26h}` replaced by the time that long before *now*."""
    at = now or datetime.now(UTC)

    def moment(match: re.Match[str]) -> str:
        past = at - timedelta(seconds=int(match[1]) * SECONDS[match[2]])
        return past.strftime("%Y-%m-%dT%H:%M:%SZ")

    return AGO.sub(moment, text)


def kubectl(instance: Instance, words: list[object]) -> subprocess.CompletedProcess[str]:
    """kubectl with *words*, which must end within `STEP_SECONDS`."""
    command = instance.kubectl([str(word) for word in words])
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=STEP_SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise LabError(f"kubectl {' '.join(map(str, words))} did not end within {STEP_SECONDS:.0f} s") from None


def do_kubectl(instance: Instance, words: list[object]) -> None:
    """A kubectl call that must succeed."""
    done = kubectl(instance, words)
    if done.returncode:
        raise LabError(f"kubectl {' '.join(map(str, words))} failed: {done.stderr.strip()[-500:]}")


def do_kubectl_fails(instance: Instance, words: list[object]) -> None:
    """A kubectl call that must be refused."""
    if not kubectl(instance, words).returncode:
        raise LabError(f"kubectl {' '.join(map(str, words))} succeeded, but must fail here")


def do_wait(instance: Instance, what: Mapping[str, object]) -> None:
    """`kubectl wait`."""
    words = ["wait", f"--for={what['for']}", what["on"], f"--timeout={what.get('timeout', 60)}s"]
    do_kubectl(instance, words + (["-n", what["namespace"]] if "namespace" in what else []))


def do_stored(instance: Instance, text: str) -> None:
    """Objects put into etcd as they are, past every controller and admission: the only way to a past."""
    with Client(instance.kubeconfig) as client:
        etcd.store(instance, client, [document for document in yaml.safe_load_all(dated(text)) if document])


def do_node_exec(instance: Instance, what: Mapping[str, Any]) -> None:
    """A command in a node's namespaces."""
    instance.run(node.known(instance, str(what["node"])), [str(word) for word in what["run"]])


STEPS: dict[str, Callable[[Instance, Any], None]] = {
    "apply": lambda instance, text: life.apply(instance, dated(text)),
    "stored": do_stored,
    "kubectl": do_kubectl,
    "kubectl-fails": do_kubectl_fails,
    "wait": do_wait,
    "sleep": lambda _, seconds: time.sleep(float(seconds)),
    "kill-node": node.kill,
    "start-node": node.revive,
    "partition": lambda instance, name: node.cable(instance, name, "down"),
    "heal": lambda instance, name: node.cable(instance, name, "up"),
    "stop": control.stop,
    "start": control.start,
    "node-exec": do_node_exec,
}


def settled(client: Client) -> str:
    """The first workload that has not all of its pods ready, or Job that has not completed; empty if all have."""
    for kind in ("deployments", "statefulsets", "daemonsets"):
        for item in client.items(f"/apis/apps/v1/{kind}"):
            status = item.get("status", {})
            wanted = status.get("desiredNumberScheduled", 0) if kind == "daemonsets" else item["spec"]["replicas"]
            ready = status.get("numberReady", 0) if kind == "daemonsets" else status.get("readyReplicas", 0)
            seen = status.get("observedGeneration", 0) >= item["metadata"]["generation"]
            if not seen or ready < wanted or (kind == "daemonsets" and not wanted):
                return place(kind, item)
    for item in client.items("/apis/batch/v1/jobs"):
        if life.conditions(item).get("Complete") != "True":
            return place("jobs", item)
    return ""


def place(kind: str, item: Json) -> str:
    """KIND NAMESPACE/NAME of *item* for a message."""
    return f"{kind} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def apply_base(instance: Instance, name: str) -> None:
    """The folder `base/NAME` applied in the order of its files, and waited for until all of it is ready."""
    for path in sorted((BASES / name).glob("*.yaml")):
        life.apply(instance, dated(path.read_text()))
    with Client(instance.kubeconfig) as client:
        try:
            until(f"base {name} ready", lambda: not settled(client), BASE_SECONDS, 1.0)
        except LabError as error:
            raise LabError(f"{error}: waiting for {settled(client)}") from None


def burn(instance: Instance, scenario: Scenario) -> None:
    """Let the fault show itself: `burn` seconds, or until the scenario's condition holds, which it must."""
    if not scenario.until:
        time.sleep(scenario.burn)
        return
    end = time.monotonic() + scenario.burn
    while subprocess.run(["sh", "-c", scenario.until], env=instance.environment(), capture_output=True).returncode:
        if time.monotonic() > end:
            raise LabError(f"scenario {scenario.name}: `until` did not hold within {scenario.burn:.0f} s")
        time.sleep(2)


def play(instance: Instance, scenario: Scenario) -> None:
    """Do all that *scenario* says on a fresh *instance*; returns when it is time to look."""
    if scenario.base:
        apply_base(instance, scenario.base)
    if scenario.manifests:
        life.apply(instance, dated(scenario.manifests))
    for index, step in enumerate(scenario.steps, 1):
        verb, what = next(iter(step.items()))
        try:
            STEPS[verb](instance, what)
        except LabError as error:
            raise LabError(f"scenario {scenario.name}, step {index} ({verb}): {error}") from None
    burn(instance, scenario)
