import re
from collections.abc import Iterator

from vigie.kit import Entity, Graph, Outcome, Proof, Signal, found, rule
from vigie.systems.kubernetes import containers, mounts, refusals
from vigie.systems.kubernetes.fixes import called, edit, sentence
from vigie.systems.kubernetes.kinds.workloads import Container, Pod

_REFUSED = re.compile(
    r"(?i)runAsNonRoot|runAsUser breaks non-root|non-root policy|apparmor|seccomp|unable to find user|"
    r"unable to apply caps|unknown capabilit|"
    r"invalid capabilit|capabilities? .{0,40}not (?:permitted|allowed)|sysctl|selinux|no_new_privs|"
    r"allowPrivilegeEscalation|"
    r"ProcMount|procMount|user namespaces? (?:is|are) not supported|windowsOptions|hostProcess"
)
_REASONS = (*refusals.SECURITY, "UnexpectedAdmissionError")
_WAITING = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")


@rule(
    "K8S1045",
    on="Pod",
    signal=("container-waiting", "container-ended", "container-start-failed", "pod-reason", "sandbox-refused"),
    where=containers.ended_by(*_REASONS),
    causes=("security-context-refused",),
    severity="high",
    since="0.1.0",
    strength=0.96,
)
def security_context_refused(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container's security context is refused by the kubelet or the runtime.

    ## Why is this bad
    What the pod asks for and what the image or the node offers do not go together: a user that must not be root in an
    image whose user is, a profile that the node does not have, a kernel setting that it does not allow.

    ## Fix
    Set `runAsUser` to a user of the image, or ask for a profile, capability or sysctl that the nodes allow.
    """
    reason = pod[Pod.reason]
    if reason in _REASONS and _REFUSED.search(f"{reason} {pod[Pod.message] or ''}"):
        if not refusals.since_refused(pod):
            return
        yield _found(pod, "", pod.proof(Pod.message if pod[Pod.message] else Pod.reason))
        return
    met = set()
    for row in pod.rows(Container):
        waits = row[Container.waiting] in _WAITING and _REFUSED.search(row[Container.waiting_message] or "")
        started = row[Container.ended] in ("StartError", "ContainerCannotRun") and _REFUSED.search(
            row[Container.end_message] or ""
        )
        if waits or started:
            met.add(containers.name(row))
            yield _found(
                pod, containers.name(row), row.proof(Container.waiting_message if waits else Container.end_message)
            )
    for said in pod.signals("sandbox-refused")[-1:]:
        if not pod.read or mounts.unstarted(pod):
            yield _found(pod, "", said)
    for said in pod.signals("container-start-failed"):
        if not pod.read and _REFUSED.search(said.text) and said.part not in met:
            met.add(said.part)
            yield _found(pod, said.part, said)


def _found(pod: Entity, part: str, proof: Proof | Signal) -> Outcome:
    where = f"securityContext of container {part}" if part else "securityContext"
    said = f": {refusals.words(pod)}" if not part and pod[Pod.message] else ""
    return found(
        "security-context-refused",
        pod.holder,
        proof,
        part=part,
        fix=sentence(f"Set {where} of {called(pod.holder)} to what its image and the nodes allow{said}", pod),
        command=edit(pod.holder),
    )
