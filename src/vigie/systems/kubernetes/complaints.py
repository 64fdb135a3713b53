"""Pods that are ready and cannot do their work, for the API server refuses them a right again and again."""

import re
from collections import Counter

from vigie.kit import Entity, Graph, Log, Record, Table, clock
from vigie.systems.kubernetes import rights
from vigie.systems.kubernetes.joins import Mask, none, once
from vigie.systems.kubernetes.kinds.workloads import Pod

_KLOG = re.compile(r"(?:^|\s)[EWIF](\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d{1,6})")
_AGAIN = 3
_LATELY = 120 * clock.SECOND


def refused(graph: Graph) -> dict[Entity, tuple[Record, ...]]:
    """The pods whose logs end with refusals of one right, at least three within the minute and lately, newest first.

    Only where the bindings were read and none gives the right: a right that was given since is no trouble, and one
    refusal among many lines is a program's own affair.
    """
    return once(graph, "rights refused", lambda: _refused(graph))


def _refused(graph: Graph) -> dict[Entity, tuple[Record, ...]]:
    out: dict[Entity, tuple[Record, ...]] = {}
    for pod in graph.all(Pod) if len(graph.logs) else ():
        for log in pod.logs():
            if not log.previous and (said := _again(graph, log)):
                out[pod] = said
    return out


def _again(graph: Graph, log: Log) -> tuple[Record, ...]:
    told = [(record, rights.refused(record.text)) for record in reversed(log.recent())]
    known = [(record, wanted) for record, wanted in told if wanted is not None]
    if len(known) < _AGAIN or graph.as_of - _when(known[0][0], graph.as_of) > _LATELY:
        return ()
    wanted, times = Counter(wanted for _, wanted in known).most_common(1)[0]
    if times < _AGAIN or rights.granted(graph, wanted) or rights.unread(graph, wanted):
        return ()
    return tuple(record for record, right in known if right == wanted)


def _when(record: Record, as_of: int) -> int:
    """When a record was written: by its own time, by klog's, which tells no year, else long ago."""
    if record.time is not None:
        return record.time
    match = _KLOG.search(record.lines[0].text[:200])
    if match is None:
        return 0
    year = (clock.show(as_of) or "1970")[:4]
    return clock.parse(f"{year}-{match[1]}-{match[2]}T{match[3]}Z")


def complaining(pods: Table) -> Mask:
    """The pods that are refused a right again and again."""
    out = none(pods)
    for pod in refused(pods.graph) if pods.key == Pod.key else ():
        out[pod.id - pods.base] = True
    return out
