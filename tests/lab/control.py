"""The control plane of an instance: etcd, API server, controller manager, scheduler, and what surrounds them."""

import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.lab import pki, programs
from tests.lab.build.generate import VERSIONS
from tests.lab.errors import LabError
from tests.lab.instance import CONTROL, Instance
from tests.lab.kube import Client, until

HERE = Path(__file__).resolve().parent
BRIDGE = "10.231.0.1"
PORT = 6443
SERVICES = "10.96.0.0/16"
PODS = "10.232.0.0/16"
DNS = "10.96.0.10"
ETCD = "http://127.0.0.1:2379"
# The parts a scenario may stop, under the names that people use for them.
STOPPABLE = {"scheduler": "kube-scheduler", "controller-manager": "kube-controller-manager"}
# Small scenarios should not wait for client-side rate limits made for big clusters.
RATES = ("--kube-api-qps=500", "--kube-api-burst=1000")


def make_space(instance: Instance) -> None:
    """The namespaces of the control plane with their bridge."""
    if instance.pid(CONTROL):
        return
    ready = instance.folder / "control.ready"
    ready.unlink(missing_ok=True)
    instance.create_space(CONTROL, ["sh", str(HERE / "control.sh"), str(instance.folder)])
    until("the control plane's network", ready.exists, 10, 0.02, instance.last_words(CONTROL))


def make_kubeconfigs(instance: Instance, tokens: dict[str, str]) -> int:
    """The relay's listening socket, and a kubeconfig for every user; returns the socket's descriptor.

    On the host: `kubeconfig` (token), `kubeconfig-cert` (client certificate) and `kubeconfig-reader` (a user without
    any right until one is given). In the namespaces: `inside/USER`.
    """
    listener = socket.socket()
    listener.bind(("127.0.0.1", int(str(instance.facts.get("port", 0)))))
    listener.listen(128)
    port = listener.getsockname()[1]
    instance.remember(port=port)
    folder, outside = instance.folder / "pki", f"https://127.0.0.1:{port}"
    certificate = {"client-certificate": "lab-cert.crt", "client-key": "lab-cert.key"}
    for file, user, credentials in (
        ("kubeconfig", "lab-admin", {"token": tokens["lab-admin"]}),
        ("kubeconfig-reader", "lab-reader", {"token": tokens["lab-reader"]}),
        ("kubeconfig-cert", "lab-cert", certificate),
    ):
        (instance.folder / file).write_text(pki.kubeconfig(folder, outside, user, credentials))
        (instance.folder / file).chmod(0o600)
    inside = instance.folder / "inside"
    inside.mkdir(exist_ok=True)
    for user, token in tokens.items():
        text = pki.kubeconfig(folder, f"https://{BRIDGE}:{PORT}", user, {"token": token})
        (inside / user.replace(":", ".")).write_text(text)
    return listener.detach()


def start_etcd(instance: Instance) -> None:
    """etcd without fsync: a lab loses nothing when the machine stops."""
    flags = [
        f"--data-dir={instance.folder / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={ETCD}",
        f"--advertise-client-urls={ETCD}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--log-level=warn",
    ]
    instance.start("etcd", CONTROL, [instance.programs / "etcd", *flags])


def start_apiserver(instance: Instance, extra: Sequence[str] = ()) -> None:
    """kube-apiserver with the admission, authentication and authorisation of a kubeadm cluster; *extra* flags last."""
    keys = instance.folder / "pki"
    flags = [
        f"--etcd-servers={ETCD}",
        "--bind-address=0.0.0.0",
        f"--advertise-address={BRIDGE}",
        f"--secure-port={PORT}",
        f"--cert-dir={keys}",
        f"--tls-cert-file={keys}/apiserver.crt",
        f"--tls-private-key-file={keys}/apiserver.key",
        f"--client-ca-file={keys}/ca.crt",
        f"--token-auth-file={keys}/tokens.csv",
        f"--service-cluster-ip-range={SERVICES}",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={keys}/sa.pub",
        f"--service-account-signing-key-file={keys}/sa.key",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={keys}/kubelet-client.crt",
        f"--kubelet-client-key={keys}/kubelet-client.key",
        f"--requestheader-client-ca-file={keys}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={keys}/front-proxy.crt",
        f"--proxy-client-key-file={keys}/front-proxy.key",
        # No kube-proxy here: webhooks and aggregated APIs are reached at their endpoints.
        "--enable-aggregator-routing=true",
        "--shutdown-delay-duration=0s",
        *extra,
    ]
    instance.start("kube-apiserver", CONTROL, [instance.programs / "kube-apiserver", *flags])


def start_relay(instance: Instance, listener: int) -> None:
    """The one way in from the host: its socket *listener* was made outside and is handed over."""
    words: list[str | Path] = [sys.executable, "-I", HERE / "relay.py", str(listener), "127.0.0.1", str(PORT)]
    instance.start("relay", CONTROL, words, keep=[listener])


def start_controller_manager(instance: Instance) -> None:
    """kube-controller-manager with all default controllers but those that need a cloud or hand out pod ranges."""
    keys, config = instance.folder / "pki", instance.folder / "inside" / "system.kube-controller-manager"
    flags = [
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={keys}/sa.key",
        f"--root-ca-file={keys}/ca.crt",
        "--controllers=*,-node-ipam-controller,-node-route-controller",
        *RATES,
    ]
    instance.start("kube-controller-manager", CONTROL, [instance.programs / "kube-controller-manager", *flags])


def start_scheduler(instance: Instance) -> None:
    """kube-scheduler with its default profile."""
    config = instance.folder / "inside" / "system.kube-scheduler"
    flags = [
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        *RATES,
    ]
    instance.start("kube-scheduler", CONTROL, [instance.programs / "kube-scheduler", *flags])


def start_outside(instance: Instance) -> None:
    """What lies outside a cluster: registries that misbehave and a name server that knows no name."""
    instance.start("outside", CONTROL, [sys.executable, "-I", HERE / "outside.py", BRIDGE])


def start_kwok(instance: Instance) -> None:
    """kwok for the simulated nodes, which carry its annotation."""
    stages = instance.folder / "kwok-stages.yaml"
    stages.write_text((HERE / stages.name).read_text().replace("KUBERNETES", VERSIONS[instance.version]))
    flags = [
        f"--kubeconfig={instance.folder / 'inside' / 'kwok'}",
        f"--config={stages}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-ip=10.233.0.1",
        "--cidr=10.100.0.0/14",
        "--node-lease-duration-seconds=40",
        "--server-address=127.0.0.1:10247",
    ]
    instance.start("kwok", CONTROL, [programs.kwok(), *flags])


def start_base(instance: Instance, extra: Sequence[str] = ()) -> None:
    """Namespaces, keys, etcd, API server and the relay: enough to serve objects. Waits until it is ready."""
    make_space(instance)
    keys = instance.folder / "pki"
    if (keys / "tokens.json").exists():
        tokens = json.loads((keys / "tokens.json").read_text())
    else:
        tokens = pki.make(keys, instance.nodes)
    if not instance.pid("relay"):
        start_relay(instance, make_kubeconfigs(instance, tokens))
    start_etcd(instance)
    start_apiserver(instance, extra)
    wait_ready(instance)


def wait_ready(instance: Instance, seconds: float = 60.0) -> None:
    """Wait until /readyz of the API server is ok through the relay; raises LabError with its log if it ended."""

    def ready() -> bool:
        if not instance.pid("kube-apiserver"):
            raise LabError(f"the API server of {instance.name} ended: {instance.last_words('kube-apiserver')}")
        return client.answers()

    with Client(instance.kubeconfig, timeout=5) as client:
        until("a ready API server", ready, seconds, 0.1, f"see {instance.log('kube-apiserver')}")


def stop(instance: Instance, part: str) -> None:
    """Kill the scheduler or the controller manager, as a crash does: its Lease stays with its last renewal."""
    if part not in STOPPABLE:
        raise LabError(f"{part} cannot be stopped; choose one of {', '.join(STOPPABLE)}")
    instance.kill(STOPPABLE[part])


def start(instance: Instance, part: str) -> None:
    """Start the scheduler or the controller manager again; it waits for the old Lease to expire, as for real."""
    if part not in STOPPABLE:
        raise LabError(f"{part} cannot be started; choose one of {', '.join(STOPPABLE)}")
    {"scheduler": start_scheduler, "controller-manager": start_controller_manager}[part](instance)
