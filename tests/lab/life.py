"""From nothing to a ready cluster and back, and what people ask of one in between."""

import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab import control, host, images, node, programs
from tests.lab.errors import LabError
from tests.lab.instance import CONTROL, Instance, lock
from tests.lab.kube import Client, Json, until

HERE = Path(__file__).resolve().parent
NODE_SECONDS = 120.0


def up(
    name: str, nodes: int = 2, kwok: int = 0, version: str = "1.36", say: programs.Progress = programs.say
) -> Instance:
    """Start instance *name*, or complete it: parts that run stay as they are. Returns when all of it is ready."""
    host.check()
    if not 0 <= nodes <= node.MOST:
        raise LabError(f"--nodes {nodes}: a lab has 0 to {node.MOST} real nodes; use --kwok for more")
    with ThreadPoolExecutor(1) as pool, lock(name):
        programs.kubernetes(version).make()
        making = pool.submit(images.standard) if nodes else None
        begun = time.monotonic()
        if not Instance(name).pid(CONTROL):
            host.check_watches(nodes)
        instance = prepare_folder(name, nodes, kwok, version)
        control.make_space(instance)
        control.start_outside(instance)
        if making:
            making.result()
        ready = pool.submit(node.prepare_all, instance)
        control.start_base(instance)
        control.start_controller_manager(instance)
        control.start_scheduler(instance)
        say(f"API server ready after {time.monotonic() - begun:.1f} s at {instance.kubeconfig}")
        ready.result()
        for index in range(1, nodes + 1):
            node.start_programs(instance, index)
        if nodes:
            wait_nodes(instance)
            say(f"{nodes} nodes Ready after {time.monotonic() - begun:.1f} s")
            apply_dns(instance)
        if kwok:
            simulate(instance, kwok)
        say(f"instance {name} (Kubernetes {version}) complete after {time.monotonic() - begun:.1f} s")
    return instance


def prepare_folder(name: str, nodes: int, kwok: int, version: str) -> Instance:
    """The instance's folder with its facts; raises LabError if it runs with other facts."""
    instance = Instance(name)
    wanted = {"version": version, "nodes": nodes, "kwok": kwok}
    if instance.facts and not instance.pid(CONTROL):
        instance.down()
    elif any(instance.facts.get(key, value) != value for key, value in wanted.items()):
        has = ", ".join(f"{key} {instance.facts.get(key)}" for key in wanted)
        raise LabError(f"instance {name} runs with {has}; take it down first, or choose another --name")
    for folder in ("pids", "logs", "nodes"):
        (instance.folder / folder).mkdir(parents=True, exist_ok=True)
    instance.remember(**wanted)
    return instance


def conditions(found: Json) -> dict[str, str]:
    """Condition type -> status of an object."""
    return {entry["type"]: entry["status"] for entry in found.get("status", {}).get("conditions", [])}


def wait_nodes(instance: Instance, names: Sequence[str] = (), seconds: float = NODE_SECONDS) -> None:
    """Wait until the nodes *names* (all real ones if empty) are Ready."""
    wanted = set(names) or {f"n{index}" for index in range(1, instance.nodes + 1)}

    def ready() -> bool:
        ended = [part for part, pid in instance.parts().items() if part.startswith("kubelet.") and not pid]
        if ended:
            raise LabError(f"{ended[0]} of {instance.name} ended: {instance.last_words(ended[0])}")
        found = client.items("/api/v1/nodes")
        return wanted <= {item["metadata"]["name"] for item in found if conditions(item).get("Ready") == "True"}

    with Client(instance.kubeconfig) as client:
        until(f"{', '.join(sorted(wanted))} Ready", ready, seconds, 0.3, f"see {instance.folder / 'logs'}")


def apply_dns(instance: Instance) -> None:
    """CoreDNS in the cluster, waited for."""
    apply(instance, HERE.joinpath("coredns.yaml").read_text())
    place = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
    with Client(instance.kubeconfig) as client:

        def ready() -> bool:
            return bool(client.object(place).get("status", {}).get("readyReplicas", 0) >= 2)

        until("cluster DNS ready", ready, 60, 0.3, "kubectl -n kube-system describe pods")


def simulate(instance: Instance, count: int) -> None:
    """*count* nodes kept by kwok, Ready; tainted where there are real nodes too, so that real pods stay on those."""
    control.start_kwok(instance)
    taints = [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}] if instance.nodes else []
    with Client(instance.kubeconfig) as client:
        there = {item["metadata"]["name"] for item in client.items("/api/v1/nodes")}
        for index in range(count):
            name = f"kwok-{index:05d}"
            labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
            labels |= {"type": "kwok", "topology.kubernetes.io/zone": f"z{index % 3 + 1}"}
            room = {"cpu": "32", "memory": "256Gi", "pods": "110"}
            body = {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
                "spec": {"taints": taints},
                "status": {"allocatable": room, "capacity": room},
            }
            if name not in there:
                status, text = client.send("POST", "/api/v1/nodes", body)
                if status != 201:
                    raise LabError(f"node {name} was refused: {status} {text.decode(errors='replace')[:200]}")
    wait_nodes(instance, [f"kwok-{index:05d}" for index in range(count)])


def down(name: str) -> None:
    """Stop instance *name* and remove everything of it; fine if there is none."""
    with lock(name):
        Instance(name).down()


def running(name: str) -> Instance:
    """Instance *name*, which must run; raises LabError."""
    instance = Instance(name)
    if not instance.facts or not instance.pid(CONTROL):
        raise LabError(f"instance {name} is not running; start it with `lab up --name {name}`")
    return instance


def kubectl(instance: Instance, words: Sequence[str], text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run kubectl with *words* and *text* as its input; never raises for its exit code."""
    return subprocess.run(instance.kubectl(words), input=text or "", capture_output=True, text=True)


def apply(instance: Instance, manifests: str) -> None:
    """`kubectl apply --server-side` of the YAML text *manifests*; raises LabError with what kubectl said."""
    done = kubectl(instance, ["apply", "--server-side", "--force-conflicts", "-f", "-"], manifests)
    if done.returncode:
        raise LabError(f"kubectl apply failed: {done.stderr.strip()[-1000:]}")


def load_image(instance: Instance) -> None:
    """Import image archives made since the nodes of *instance* started."""
    for index in range(1, instance.nodes + 1):
        if instance.pid(f"n{index}"):
            node.load(instance, f"n{index}")
