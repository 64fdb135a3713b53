"""Containers that the runtime cannot start because it finds nothing to run."""

import re
from collections.abc import Iterator

from vigie.kit import Entity, Proof, Row, Signal
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.kinds.workloads import Container

_EXEC = re.compile(
    r"(?i)executable file not found|not found in \$?PATH|exec: \"|exec format error|exec user process|"
    r"no such file or directory|"
    r"is a directory|"
    r"chdir to cwd|no command specified|starting container process caused|permission denied"
)
_NOT = re.compile(
    r"(?i)error mounting|rootfs|apparmor|seccomp|capabilit|unable to find user|unable to apply caps|OOM-killed|"
    r"cgroup|sysctl"
)


def unstartable(pod: Entity) -> Iterator[tuple[str, tuple[Proof | Signal, ...], float]]:
    """The containers whose command cannot be run: name, proofs, and how strong they are."""
    met = set()
    for row in pod.rows(Container):
        part = containers.name(row)
        text = (
            row[Container.waiting_message]
            if row[Container.waiting] in ("RunContainerError", "CreateContainerError")
            else ""
        )
        if text and _is_exec(text):
            met.add(part)
            yield part, (row.proof(Container.waiting_message),), 0.96
    for row in containers.ended(pod):
        part = containers.name(row)
        if part not in met and (proof := _proof(row)):
            met.add(part)
            more = containers.words(pod, row)[:1] if containers.own_end(row) else ()
            yield part, (proof, *(line.prove() for line in more)), 0.95 if row[Container.ended] == "StartError" else 0.9
    if not pod.read:
        for said in pod.signals("container-start-failed"):
            if _is_exec(said.text) and said.part not in met:
                met.add(said.part)
                yield said.part, (said,), 0.95


def _is_exec(text: str) -> bool:
    return bool(_EXEC.search(text)) and not _NOT.search(text)


def _proof(row: Row) -> Proof | None:
    reason, code = row[Container.ended], row[Container.exit]
    if reason in ("StartError", "ContainerCannotRun"):
        field = Container.end_message if row[Container.end_message] else Container.ended
        text = row[Container.end_message] or ""
        return row.proof(field, row[Container.ended_at]) if not text or _is_exec(text) else None
    if code in (126, 127) and containers.own_end(row):
        return row.proof(Container.exit, row[Container.ended_at])
    return None
