"""What pods ask for and what nodes have left: requests against allocatable, over whole columns."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.kit import Entity, Graph, Table, quantity
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.kinds.workloads import ContainerSpec, Pod

Amounts = npt.NDArray[np.float64]
_INIT = "spec.initContainers[]"
_MAIN = "spec.containers[]"


def amounts(given: Mapping[str, Any]) -> dict[str, float]:
    """A map of quantities as numbers; what is no quantity is left out."""
    out: dict[str, float] = {}
    for name, written in given.items():
        value = quantity(written)
        if value is not None:
            out[name] = value
    return out


def _requests(container: Mapping[str, Any]) -> dict[str, float]:
    """What one container asks for; a limit without a request is a request."""
    resources = container.get("resources")
    if not isinstance(resources, Mapping):
        return {}
    limits, requests = resources.get("limits"), resources.get("requests")
    asked = {**(limits if isinstance(limits, Mapping) else {}), **(requests if isinstance(requests, Mapping) else {})}
    return amounts(asked)


def _containers(spec: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    held = spec.get(field)
    return [c for c in held if isinstance(c, Mapping)] if isinstance(held, list) else []


def asked(spec: Mapping[str, Any]) -> dict[str, float]:
    """What the scheduler reserves for a pod: containers, sidecars, the largest init step, overhead.

    In the resources' base units (cores, bytes, pieces). Requests of the pod as a whole replace the sum.
    """
    total: dict[str, float] = {}
    for container in _containers(spec, "containers"):
        _add(total, _requests(container))
    beside: dict[str, float] = {}
    steps: dict[str, float] = {}
    for container in _containers(spec, "initContainers"):
        own = _requests(container)
        if container.get("restartPolicy") == "Always":
            _add(total, own)
            _add(beside, own)
            own = {}
        step = dict(beside)
        _add(step, own)
        for name, value in step.items():
            steps[name] = max(steps.get(name, 0.0), value)
    for name, value in steps.items():
        total[name] = max(total.get(name, 0.0), value)
    whole = _requests({"resources": spec.get("resources")})
    total.update(whole)
    overhead = spec.get("overhead")
    if isinstance(overhead, Mapping):
        _add(total, amounts(overhead))
    return {name: value for name, value in total.items() if value > 0}


def _add(to: dict[str, float], more: Mapping[str, float]) -> None:
    for name, value in more.items():
        to[name] = to.get(name, 0.0) + value


def holding(table: Table) -> npt.NDArray[np.bool_]:
    """The pods that hold their node's resources: bound and not ended."""
    return np.asarray(table[Pod.node].known & ~table[Pod.phase].isin("Succeeded", "Failed") & table.exists)


class Usage:
    """What the pods of a graph hold of each node, by resource; computed once a resource."""

    def __init__(self, graph: Graph) -> None:
        self._table = graph.table(Pod)
        self._strings = graph.strings
        self._held: dict[str, dict[int, float]] = {}
        self._counts: dict[int, int] | None = None
        self.complete = graph.covers("Pod")

    def held(self, resource: str, node: Entity) -> float:
        """How much of a resource the pods of a node hold."""
        if self._table is None:
            return 0.0
        known = self._held.get(resource)
        if known is None:
            known = self._held[resource] = self._sum(self._table, per_pod(self._table, resource))
        return known.get(self._strings.code(node.name), 0.0)

    def pods(self, node: Entity) -> int:
        """How many pods a node holds."""
        if self._table is None:
            return 0
        if self._counts is None:
            ones = np.ones(len(self._table), np.float64)
            self._counts = {code: int(n) for code, n in self._sum(self._table, ones).items()}
        return self._counts.get(self._strings.code(node.name), 0)

    def _sum(self, table: Table, amounts: Amounts) -> dict[int, float]:
        mask = holding(table)
        codes, inverse = np.unique(table[Pod.node].data[mask], return_inverse=True)
        sums = np.bincount(inverse, weights=amounts[mask], minlength=len(codes))
        return dict(zip(codes.tolist(), sums.tolist(), strict=True))


def usage(graph: Graph) -> Usage:
    """The usage of a graph's nodes, made once."""
    return once(graph, "usage", lambda: Usage(graph))


def per_pod(table: Table, resource: str) -> Amounts:
    """What every pod of a table asks for of one resource, as `asked` reckons it, over whole columns."""
    rows = table.rows(ContainerSpec)
    lists = {path: number for number, path in enumerate(ContainerSpec.at)}
    amounts = _values(table, rows[ContainerSpec.requests], resource)
    bare = amounts == 0
    amounts[bare] = _values(table, rows[ContainerSpec.limits], resource)[bare]
    main = rows.at == lists[_MAIN]
    init = rows.at == lists[_INIT]
    beside = init & rows[ContainerSpec.restart_policy].isin("Always")
    parents = len(table)
    total = _by_parent(rows.parent, amounts, main | beside, parents)
    steps = np.zeros(parents, np.float64)
    plain = init & ~beside
    np.maximum.at(steps, rows.parent[plain], amounts[plain])
    mixed = np.unique(rows.parent[beside])
    if len(mixed):
        steps[mixed] = [_step(rows.of(int(p)), amounts, init, beside) for p in mixed]
    total = np.maximum(total, steps)
    whole = _values(table, table[Pod.requests], resource)
    total = np.where(whole > 0, whole, total)
    return np.asarray(total + _values(table, table[Pod.overhead], resource), np.float64)


def _by_parent(parent: Any, amounts: Amounts, mask: Any, parents: int) -> Amounts:
    return np.asarray(np.bincount(parent[mask], weights=amounts[mask], minlength=parents), np.float64)


def _step(rows: Iterable[int], amounts: Amounts, init: Any, beside: Any) -> float:
    """The most that a pod with sidecars asks for while its init containers run."""
    running, most = 0.0, 0.0
    for row in rows:
        if not init[row]:
            continue
        if beside[row]:
            running += amounts[row]
            most = max(most, running)
        else:
            most = max(most, running + amounts[row])
    return float(most)


def _values(table: Table, column: Any, resource: str) -> Amounts:
    """One resource of a column of request maps; each distinct map is looked at once."""
    distinct, inverse = np.unique(column.data, return_inverse=True)
    looked = np.zeros(len(distinct), np.float64)
    for at, code in enumerate(distinct.tolist()):
        held = table.values[code]
        if isinstance(held, Mapping):
            looked[at] = quantity(held.get(resource)) or 0.0
    return looked[inverse]
