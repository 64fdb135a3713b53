from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, found, leans, rule
from vigie.systems.kubernetes import files, mounts, provisioning
from vigie.systems.kubernetes.fixes import called, edit, sentence
from vigie.systems.kubernetes.kinds.storage import PersistentVolume
from vigie.systems.kubernetes.mending import named, on_template, template


@rule(
    "K8S1205",
    on="Pod",
    signal=("volume-not-mounted", "container-waiting", "container-ended"),
    causes=("volume-mount",),
    severity="high",
    since="0.1.0",
    strength=0.93,
)
def volume_not_mounted(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A volume cannot be mounted: its path, its file system, its server or its permissions are wrong.

    ## Why is this bad
    No container of the pod starts, and its phase only says ContainerCreating.

    ## Fix
    Mend what the kubelet names: the path or type in the pod's template, or the volume itself.
    """
    for placed in mounts.misplaced(pod):
        if not any(placed.mount == missed.mount for missed in files.missed(pod)):
            yield _misplaced(pod, placed)
    mount = mounts.failed(pod)
    if mount is None or not mounts.unstarted(pod):
        return
    at, path = mounts.where(pod, mount.volume)
    proofs: list[Proof] = []
    if at.kind == "PersistentVolume" and at.read:
        driver = at[PersistentVolume.driver]
        for worker in provisioning.workers(graph, driver or ""):
            yield leans(worker, "served-by", mount.signal)
        proofs = [at.proof(PersistentVolume.driver if driver else PersistentVolume.storage_class)]
    elif path and at == pod.holder:
        proofs = [_source(at, path)]
    subject = f"volume {mount.volume}" + (f" of {named(at)}" if at == pod.holder else "")
    yield found(
        "volume-mount",
        at,
        mount.signal,
        *proofs,
        via="owned-by" if at == pod.holder else "mounts",
        fix=f"Mend {subject}: {mount.why}.",
    )


def _misplaced(pod: Entity, placed: mounts.Placed) -> Outcome:
    """A volume that the runtime could not put in its place: its path there and what is mounted do not go together."""
    path = placed.mount.get("subPath") or placed.mount.get("mountPath") or "its path"
    return found(
        "volume-mount",
        pod.holder,
        placed.proof,
        part=placed.part,
        strength=0.94,
        fix=sentence(
            f"Mend volumeMount {placed.volume or 'that the message names'} ({path}) of container {placed.part} of "
            f"{called(pod.holder)}: {placed.why}",
            pod,
        ),
        command=edit(pod.holder),
    )


def _source(holder: Entity, path: str) -> Proof:
    """The volume as the template has it."""
    number = int(path.partition("[")[2].rstrip("]"))
    volumes = template(holder).get("volumes") or []
    volume = volumes[number] if number < len(volumes) else {}
    kind = next((key for key in volume if key != "name"), "name")
    value = volume.get(kind)
    shown = value.get("path") or value.get("server") or value if isinstance(value, dict) else value
    return on_template(holder, f"{path}.{kind}", shown)
