"""Probes: what failed, whether the kubelet ended a container for it, and whether the probe itself is at fault."""

import re
from typing import Any

from vigie.kit import Entity, Signal, clock
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.joins import listed
from vigie.systems.kubernetes.kinds.workloads import Container

FIELDS = {"Liveness": "livenessProbe", "Readiness": "readinessProbe", "Startup": "startupProbe"}
_NEAR = 120 * clock.SECOND
_GONE = re.compile(r"connection refused|connect: connection reset", re.IGNORECASE)
_WRONG = re.compile(
    r"statuscode: (?:40[0-79]|41\d|3\d\d)|executable file not found|no such file or directory|permission denied|"
    r"malformed HTTP|server gave HTTP response|tls: |x509: |invalid port|not a valid|unknown service|"
    r"unsupported protocol",
    re.IGNORECASE,
)
_SAYS_NO = re.compile(r"statuscode: 5\d\d|status: NOT_SERVING|responded with \"NOT_SERVING\"|status=NOT_SERVING")


def killed(pod: Entity, part: str, probe: str = "") -> Signal | None:
    """The newest event that says that the kubelet ended a container because of a probe, for the end that is "
    "known now."""
    row = containers.status(pod, part)
    if row is None and pod.read:
        return None
    ended = row[Container.ended_at] if row is not None else None
    for said in reversed(pod.signals("container-killed")):
        why = said.said("why")
        if (
            (said.part or said.said("container")) != part
            or "probe" not in why
            or not why.endswith(f"{probe.lower()} probe")
        ):
            continue
        if ended is None or said.time is None or said.time >= ended - _NEAR:
            return said
    return None


def failures(pod: Entity, part: str, probe: str) -> list[Signal]:
    """The events about one probe of a container, oldest first."""
    return [s for s in pod.signals("probe-failed") if s.said("probe") == probe and s.part in (part, "")]


def last(pod: Entity, part: str, probe: str) -> Signal | None:
    found = failures(pod, part, probe)
    return found[-1] if found else None


def refusing(pod: Entity, part: str) -> bool:
    """Whether the readiness probe of a container reaches its process, which answers with an error of the server."""
    said = last(pod, part, "Readiness")
    return said is not None and says_no(said)


def says_no(said: Signal) -> bool:
    """Whether a failed probe was answered, by a process that says itself that it is not well."""
    return bool(_SAYS_NO.search(said.said("why")))


def specified(pod: Entity, part: str, probe: str) -> dict[str, Any]:
    """A probe as it is specified; empty where there is none."""
    held = containers.spec(pod, part).get(FIELDS[probe])
    return held if isinstance(held, dict) else {}


def mistaken(pod: Entity, part: str, said: Signal, probe: str) -> bool:
    """Whether a failed probe asks what the container does not offer: a path, a program, a port that it does not "
    "declare."""
    why = said.said("why")
    if _WRONG.search(why):
        return True
    if not _GONE.search(why):
        return False
    port = asked_port(pod, part, probe)
    declared = listed(containers.spec(pod, part), "ports")
    numbers = [p.get(field) for p in declared for field in ("containerPort", "name")]
    if port is None or port in numbers:
        return False
    other = specified(pod, part, "Readiness" if probe != "Readiness" else "Liveness")
    return bool(declared) or (bool(other) and _port(other) not in (None, port))


def asked_port(pod: Entity, part: str, probe: str) -> Any:
    """The port that a probe asks, a number or a name."""
    return _port(specified(pod, part, probe))


def _port(probe: dict[str, Any]) -> Any:
    return next(
        (probe[how].get("port") for how in ("httpGet", "tcpSocket", "grpc") if isinstance(probe.get(how), dict)), None
    )


def unready(pod: Entity, part: str, said: str) -> str:
    """What is to be mended where a readiness probe never passes: what the container complains of, else the probe."""
    who = f"container {part} of {pod.holder.kind} {pod.holder.name} in namespace {pod.namespace}"
    asked = described(pod, part, "Readiness")
    if said:
        return f"Mend what makes {who} say no to {asked}: {said}"
    return f"Mend readinessProbe of {who}, which asks {asked}, or what answers it"


def described(pod: Entity, part: str, probe: str) -> str:
    """What a probe asks, as a sentence names it: `GET /healthz on port 8080`."""
    held = specified(pod, part, probe)
    for how, words in (
        ("httpGet", "GET {path} on port {port}"),
        ("tcpSocket", "port {port}"),
        ("grpc", "gRPC on port {port}"),
    ):
        asked = held.get(how)
        if isinstance(asked, dict):
            return words.format(path=asked.get("path", "/"), port=asked.get("port"))
    return "its command" if "exec" in held else "what it asks"
