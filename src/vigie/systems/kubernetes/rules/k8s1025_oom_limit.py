import re
from collections.abc import Iterator
from typing import Any

from vigie.kit import Entity, Graph, Outcome, Proof, Row, found, rule
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.fixes import called, edit, sentence
from vigie.systems.kubernetes.joins import dig
from vigie.systems.kubernetes.kinds.workloads import Container

_TOO_LOW = re.compile(
    r"OOM-killed \(memory limit too low\?\)|container init was OOM|memory limit \d+ too low|"
    r"[Mm]inimum memory limit allowed is|cgroup memory limit .{0,40}too low"
)


@rule(
    "K8S1025",
    on="Pod",
    signal=("container-ended", "container-waiting"),
    where=containers.failed,
    per="template",
    causes=("oom-limit",),
    severity="high",
    since="0.1.0",
    strength=0.95,
)
def oom_limit(pod: Entity, graph: Graph) -> Iterator[Outcome]:
    """A container is killed at its own memory limit.

    ## Why is this bad
    The kernel kills what goes over the limit at once; the process cannot say a word about it, and everything that it
    held is lost.

    ## Fix
    Raise the memory limit above what the process needs, or make it need less.
    """
    for row in pod.rows(Container):
        proof = _proof(pod, row)
        if proof is None:
            continue
        part = containers.name(row)
        limit = _limit(pod, part)
        if limit is None and containers.spec(pod, part):
            continue
        shown = f" from {limit}" if limit else ""
        yield found(
            "oom-limit",
            pod.holder,
            proof,
            part=part,
            fix=sentence(
                f"Raise resources.limits.memory of container {part} of {called(pod.holder)}{shown}, or make it need "
                f"less",
                pod,
            ),
            command=edit(pod.holder),
        )


def _proof(pod: Entity, row: Row) -> Proof | None:
    for text, field in (
        (row[Container.waiting_message], Container.waiting_message),
        (row[Container.end_message], Container.end_message),
    ):
        if text and _TOO_LOW.search(text):
            return row.proof(field, row[Container.ended_at])
    if row[Container.ended] != "OOMKilled" or containers.is_ephemeral(row):
        return None
    if row[Container.running_since] is not None and not containers.recent_end(pod, row):
        return None
    return row.proof(Container.ended, row[Container.ended_at])


def _limit(pod: Entity, part: str) -> Any:
    """The memory limit of a container, or of the pod as a whole."""
    for holder in (containers.spec(pod, part), pod.body.get("spec")):
        if (limit := dig(holder, "resources", "limits", "memory")) is not None:
            return limit
    return None
