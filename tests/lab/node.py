"""A real node: containerd, kubelet and kube-proxy in namespaces of their own, joined to the control plane's bridge."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from tests.lab import host, images, programs
from tests.lab.control import BRIDGE, DNS, PODS
from tests.lab.errors import LabError
from tests.lab.instance import CONTROL, Instance
from tests.lab.kube import until
from tests.lab.outside import REGISTRIES

HERE = Path(__file__).resolve().parent
MOST = 9
SIZE = "3g"
SOCKET = "/run/containerd/containerd.sock"
CONTAINERD = f"""version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
[grpc]
  address = "{SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{images.PREFIX}pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  max_concurrent_downloads = 10
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{host.PLUGINS}"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
"""
# Plain HTTP has to be said for the host itself: a server line alone is not believed by containerd 1.6.
HOSTS = """server = "http://registry.lab:{port}"
[host."http://registry.lab:{port}"]
  capabilities = ["pull", "resolve"]
"""


def number(name: str) -> int:
    """The number of node *name* ("n2" -> 2); raises LabError for anything else."""
    if name[:1] == "n" and name[1:].isdigit() and 1 <= int(name[1:]) <= MOST:
        return int(name[1:])
    raise LabError(f"{name!r} is not a node of the lab; nodes are called n1, n2, ...")


def known(instance: Instance, name: str) -> str:
    """*name* if the instance was started with such a node, also just "2" for "n2"; raises LabError."""
    name = f"n{name}" if name.isdigit() else name
    if number(name) > instance.nodes:
        raise LabError(f"instance {instance.name} has {instance.nodes} nodes; there is no {name}")
    return name


def address(index: int) -> str:
    """The address of node *index*."""
    return f"10.231.0.{10 + index}"


def pods(index: int) -> str:
    """The pod range of node *index*."""
    return f"10.232.{index}.0/24"


def kubelet_config(instance: Instance, index: int) -> dict[str, object]:
    """The KubeletConfiguration: a kubeadm node's, on cgroup v1, without what this kind of host forbids."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": address(index),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(instance.folder / "pki" / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{instance.cgroup}n{index}",
        "oomScoreAdj": 0,
        "makeIPTablesUtilChains": False,
        "failSwapOn": False,
        "clusterDNS": [DNS],
        "clusterDomain": "cluster.local",
        "resolvConf": "/etc/resolv.conf",
        "podLogsDir": "/var/log/pods",
        "volumePluginDir": "/var/lib/kubelet/plugins-exec",
        "serializeImagePulls": False,
        "registerNode": True,
    }


def write_files(instance: Instance, index: int) -> None:
    """Everything that node.sh and the node's programs read."""
    folder = instance.folder / "nodes" / f"n{index}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{address(index)} n{index}\n{BRIDGE} registry.lab control\n")
    (folder / "resolv.conf").write_text(f"nameserver {BRIDGE}\n")
    ptp = {
        "type": "ptp",
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": pods(index)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": "/run/cni",
        },
    }
    network = {"cniVersion": "0.4.0", "name": "lab", "plugins": [ptp]}
    (folder / "10-lab.conflist").write_text(json.dumps(network, indent=1))
    for port in REGISTRIES:
        place = folder / "certs.d" / f"registry.lab:{port}"
        place.mkdir(parents=True)
        (place / "hosts.toml").write_text(HOSTS.format(port=port))
    (folder / "containerd.toml").write_text(CONTAINERD)
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(kubelet_config(instance, index)))


def make_space(instance: Instance, index: int) -> None:
    """The node's namespaces, and its cable to the bridge."""
    name = f"n{index}"
    write_files(instance, index)
    host.remove_cgroups(f"{instance.cgroup}{name}")
    host.make_cgroup(f"{instance.cgroup}{name}")
    script = ["sh", str(HERE / "node.sh"), str(instance.folder), name, SIZE, str(programs.cache())]
    pid = instance.create_space(name, script)
    ready = instance.folder / "nodes" / name / "ready"
    until(f"the file system of {name}", ready.exists, 20, 0.02, f"see {instance.log(name)}")
    # A killed node's cable goes with its network namespace, which the kernel frees a moment later.
    until(f"the old cable of {name} gone", lambda: not has_cable(instance, index), 10, 0.05)
    switch = f"v{index}"
    # Only the network namespace is entered: the node's pid means something in the host's pid namespace.
    instance.run(
        CONTROL, ["ip", "link", "add", switch, "type", "veth", "peer", "name", "eth0", "netns", str(pid)], only="n"
    )
    plug = f"ip link set {switch} master br0 up; ip route replace {pods(index)} via {address(index)}"
    instance.run(CONTROL, ["sh", "-ec", plug])
    routes = [f"ip route add {pods(i)} via {address(i)}" for i in range(1, instance.nodes + 1) if i != index]
    up = f"ip addr add {address(index)}/24 dev eth0; ip link set eth0 up; ip route add default via {BRIDGE}"
    instance.run(name, ["sh", "-ec", "; ".join([up, *routes])])


def has_cable(instance: Instance, index: int) -> bool:
    """Whether the bridge has a cable of node *index*."""
    return instance.run(CONTROL, ["ip", "link", "show", f"v{index}"], check=False).returncode == 0


def start_containerd(instance: Instance, index: int) -> None:
    """containerd with the lab's images imported."""
    name = f"n{index}"
    folder = instance.folder / "nodes" / name
    instance.start(f"containerd.{name}", name, ["containerd", "--config", folder / "containerd.toml"])
    ctr = ["ctr", "-a", SOCKET, "-n", "k8s.io"]
    until(
        f"containerd of {name}",
        lambda: instance.run(name, [*ctr, "version"], check=False).returncode == 0,
        20,
        hint=f"see {instance.log(f'containerd.{name}')}",
    )
    load(instance, name)


def load(instance: Instance, name: str) -> None:
    """Import every image archive that node *name* has not imported yet."""
    done = instance.folder / "nodes" / name / "imported"
    seen = set(done.read_text().splitlines()) if done.exists() else set()
    for archive in sorted((programs.cache() / "images").glob("*.tar")):
        key = f"{archive.name} {archive.stat().st_mtime_ns}"
        if key not in seen:
            instance.run(name, ["ctr", "-a", SOCKET, "-n", "k8s.io", "images", "import", archive])
            with done.open("a") as file:
                file.write(key + "\n")


def start_programs(instance: Instance, index: int) -> None:
    """kubelet and kube-proxy; the API server must be ready."""
    name = f"n{index}"
    inside = instance.folder / "inside"
    kubelet = [
        f"--config={instance.folder / 'nodes' / name / 'kubelet.yaml'}",
        f"--kubeconfig={inside / f'system.node.{name}'}",
        "--root-dir=/var/lib/kubelet",
        "--cert-dir=/var/lib/kubelet/pki",
        f"--hostname-override={name}",
        f"--node-ip={address(index)}",
        f"--node-labels=topology.kubernetes.io/zone=z{index}",
    ]
    instance.start(f"kubelet.{name}", name, [instance.programs / "kubelet", *kubelet])
    proxy = [
        f"--kubeconfig={inside / 'system.kube-proxy'}",
        "--proxy-mode=nftables",
        f"--hostname-override={name}",
        f"--cluster-cidr={PODS}",
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
        "--oom-score-adj=0",
    ]
    instance.start(f"kube-proxy.{name}", name, [instance.programs / "kube-proxy", *proxy])


def prepare(instance: Instance, index: int) -> None:
    """Namespaces, cable, containerd and images of node *index*: all that needs no API server."""
    if not instance.pid(f"n{index}"):
        make_space(instance, index)
    start_containerd(instance, index)


def prepare_all(instance: Instance) -> None:
    """Prepare all nodes of *instance* side by side."""
    if instance.nodes:
        with ThreadPoolExecutor(instance.nodes) as pool:
            list(pool.map(lambda index: prepare(instance, index), range(1, instance.nodes + 1)))


def kill(instance: Instance, name: str) -> None:
    """Kill the node's first process: the machine is gone from one moment to the next, with all that ran on it."""
    instance.kill(known(instance, name))
    for part, pid in instance.parts().items():
        if part.endswith(f".{name}") and not pid:
            instance.pidfile(part).unlink()


def cable(instance: Instance, name: str, state: str) -> None:
    """Pull (*state* "down") or plug in ("up") the node's cable at the bridge's end."""
    index = number(known(instance, name))
    instance.run(CONTROL, ["ip", "link", "set", f"v{index}", state])
    if state == "up":
        # The kernel drops routes through the node only at its own end; neighbours are asked for anew.
        instance.run(CONTROL, ["ip", "route", "replace", pods(index), "via", address(index)])


def revive(instance: Instance, name: str) -> None:
    """Bring a killed node back: a machine that was reinstalled under its old name."""
    index = number(known(instance, name))
    prepare(instance, index)
    start_programs(instance, index)
