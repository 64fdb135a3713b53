"""The containers of a pod: how they ended, which of their logs holds their last words, how they are specified."""

from collections.abc import Callable, Iterator
from typing import Any

from vigie.kit import Entity, Log, Record, Row, Table, clock
from vigie.systems.kubernetes.joins import none, once
from vigie.systems.kubernetes.kinds.workloads import Container, Pod

_ABNORMAL = ("ContainerCreating", "PodInitializing")
_NEAR = 3
_DAY = 86400 * clock.SECOND
_LISTS = {
    "status.containerStatuses[]": 0,
    "status.initContainerStatuses[]": 1,
    "status.ephemeralContainerStatuses[]": 2,
}


def is_init(row: Row) -> bool:
    """Whether a status is that of an init container."""
    return _LISTS[row.list] == 1


def is_ephemeral(row: Row) -> bool:
    """Whether a status is that of a container that somebody added to look into the pod."""
    return _LISTS[row.list] == 2


def name(row: Row) -> str:
    return row[Container.name] or ""


def _specs(pod: Entity) -> dict[str, dict[str, Any]]:
    read: dict[Entity, dict[str, dict[str, Any]]] = once(pod.graph, "container specs", dict)
    if pod not in read:
        read[pod] = _read_specs(pod)
    return read[pod]


def _read_specs(pod: Entity) -> dict[str, dict[str, Any]]:
    spec = pod.body.get("spec")
    out: dict[str, dict[str, Any]] = {}
    for field in ("containers", "initContainers", "ephemeralContainers"):
        listed = spec.get(field) if isinstance(spec, dict) else None
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                out.setdefault(item["name"], item)
    return out


def spec(pod: Entity, part: str) -> dict[str, Any]:
    """One container as it is specified; empty where it was not read."""
    return _specs(pod).get(part, {})


def sidecar(pod: Entity, part: str) -> bool:
    """Whether an init container runs beside the others."""
    return spec(pod, part).get("restartPolicy") == "Always"


def status(pod: Entity, part: str) -> Row | None:
    """The status of a container by name."""
    return next((row for row in pod.rows(Container) if row[Container.name] == part), None)


def ended(pod: Entity) -> Iterator[Row]:
    """The containers whose end says something of the pod's trouble.

    Left out are init containers that are done, and a container that has been ready since, unless it ends again and
    again.
    """
    policy = pod[Pod.restart_policy]
    for row in pod.rows(Container):
        code = row[Container.exit]
        if code is None or is_ephemeral(row):
            continue
        if code == 0 and (is_init(row) or policy in ("Never", "OnFailure")):
            continue
        if row[Container.running_since] is not None and not recent_end(pod, row):
            continue
        if row[Container.waiting] is not None and row[Container.waiting] not in (
            "CrashLoopBackOff",
            *_ABNORMAL,
            "PodInitializing",
        ):
            continue
        yield row


def recent_end(pod: Entity, row: Row) -> bool:
    """Whether a running container ended so lately that its end still matters: within the hour, or in its last loop."""
    at = row[Container.ended_at]
    if at is None:
        return False
    ago = pod.graph.as_of - at
    if row[Container.ready]:
        return ago < 3600 * clock.SECOND and (row[Container.restarts] or 0) >= 2
    return ago < 600 * clock.SECOND


def end_log(pod: Entity, row: Row) -> Log:
    """The log that holds the last words of a container's last end.

    A container that runs again has them in its previous log; one that waits or lies ended in its own, which the
    kubelet keeps until the next start.
    """
    part = name(row)
    if row[Container.running_since] is not None:
        before, now = pod.log(part, previous=True), pod.log(part)
        # It may have ended since the pod was read; the kubelet then keeps the log of the newest run alone.
        return before if before or not now.records or row[Container.ready] or not now.records[-1].bad else now
    own = pod.log(part)
    return own if own.records else pod.log(part, previous=True)


def words(pod: Entity, row: Row) -> tuple[Record, ...]:
    """What a container said last before its last end, newest first; empty without that log.

    What it repeats of days before its start (a journal that it reads) is none of its own words.
    """
    said = tuple(reversed(end_log(pod, row).last_words()))
    began = row[Container.began_at]
    own = tuple(r for r in said if r.time is None or began is None or r.time > began - _DAY)
    return own or said


def around(record: Record) -> str:
    """What a program said just before and after a record: what it quotes may stand on a line of its own."""
    log = record.telling.log
    at = record.telling.number
    near = [line.text for line in log.lines if abs(line.number - at) <= _NEAR and not line.frame]
    return "\n".join(near)


def own_end(row: Row) -> bool:
    """Whether a container ended by its process and not by its runtime: it has an exit code that a process gives."""
    return row[Container.ended] in (None, "Error", "Completed")


def describe(pod: Entity) -> str:
    """What one sees of an unhealthy pod, in one sentence."""
    for row in pod.rows(Container):
        waiting = row[Container.waiting]
        if waiting is not None and waiting not in _ABNORMAL and not is_ephemeral(row):
            code = row[Container.exit]
            more = f", exit code {int(code)}" if code is not None else ""
            return f"container {name(row)}: {waiting}{more}"
    for row in pod.rows(Container):
        code, reason = row[Container.exit], row[Container.ended]
        if code is not None and (code != 0 or not is_init(row)) and not is_ephemeral(row):
            if row[Container.running_since] is not None and not recent_end(pod, row):
                continue
            times = int(row[Container.restarts] or 0)
            again = f", started again {times} times" if times > 1 else ""
            return f"container {name(row)} ended: {reason or 'Error'}, exit code {int(code)}{again}"
    if pod[Pod.phase] == "Failed":
        return f"Failed: {pod[Pod.reason] or 'a container ended with an error'}"
    if pod.deleted is not None:
        return "Terminating and not gone"
    for row in pod.rows(Container):
        if row[Container.waiting] is not None:
            return f"container {name(row)}: {row[Container.waiting]} for more than a minute"
    ready = pod.condition("Ready")
    return f"not ready: {ready.message or ready.reason}" if ready else "not ready"


def failed(pods: Table) -> Any:
    """The pods of which a container failed: no trouble of their own where an owner stands for them, and its evidence.

    Those that were evicted, refused or ended from outside say so in their reason, and are left to the rules about it.
    """
    if pods.key != Pod.key:
        return none(pods)
    return (pods[Pod.phase] == "Failed") & ~pods[Pod.reason].known


def ended_by(*reasons: str) -> Callable[[Table], Any]:
    """The pods that failed for one of these reasons."""
    return lambda pods: (pods[Pod.phase] == "Failed") & pods[Pod.reason].isin(*reasons)
