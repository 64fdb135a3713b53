"""From the graph to a map: what contains what, which edges are drawn, and the answer over it.

Position is containment: namespace > workload > pod, or zone > machine > pod. Ownership and containment become the
tree and are never lines; what is drawn are the relations across it.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from vigie.drawing.scene import SEVERITIES, Bools, Chain, Ints, Map
from vigie.graph.entity import Entity
from vigie.graph.graph import Graph
from vigie.graph.tables import Table
from vigie.model.answer import Answer

By = Literal["namespace", "machine"]
LEVELS: dict[By, tuple[str, ...]] = {
    "namespace": ("estate", "namespaces", "workloads", "pods"),
    "machine": ("estate", "zones", "machines", "pods"),
}
ZONE = "topology.kubernetes.io/zone"
NEVER_LINES = frozenset({"owns", "about", "schedules-on", "uses-identity", "prioritised-by"})
_SILENT = frozenset({"Event", "Lease", "ControllerRevision", "EndpointSlice", "Endpoints", "IPAddress", "APIService"})
_ALWAYS = frozenset({"Pod", "Service", "Ingress"})
_CONTAINERS = frozenset({"Namespace", "Node"})


class Atlas:
    """The vertices of one map of a graph: leaves are objects, above them stand what contains them."""

    def __init__(self, graph: Graph, by: By = "namespace") -> None:
        self.graph = graph
        self.by: By = by
        self.vertex: Ints = np.full(len(graph), -1, dtype=np.int64)
        self.labels: list[str] = []
        self.ids: list[str] = []
        self.kinds: list[str] = []
        self.parents: list[int] = []
        self._containers: dict[object, int] = {}
        self._holder = self._holders()
        self._machine = self._machines()
        self._estate = self._add("cluster", "cluster", "Cluster", -1)
        self._joined = self._with_edges()
        for table in graph.tables.values():
            self._leaves(table)

    def _add(self, label: str, id: str, kind: str, parent: int) -> int:
        self.labels.append(label)
        self.ids.append(id)
        self.kinds.append(kind)
        self.parents.append(parent)
        return len(self.labels) - 1

    def _holders(self) -> Ints:
        """For each entity the workload that holds its template, as far up as owners hold one; -1 for none."""
        owner = np.full(len(self.graph), -1, dtype=np.int64)
        owns = self.graph.edges.get("owns")
        if owns is not None:
            owner[owns.target] = owns.source
        holds = np.zeros(len(self.graph) + 1, dtype=np.bool_)
        for table in self.graph.tables.values():
            holds[table.base : table.base + len(table)] = table.kind is not None and table.kind.holds
        holder = np.arange(len(self.graph))
        for _ in range(4):
            above = owner[holder]
            holder = np.where((above >= 0) & holds[above], above, holder)
        return np.where(holder == np.arange(len(self.graph)), -1, holder)

    def _machines(self) -> Ints:
        machine = np.full(len(self.graph), -1, dtype=np.int64)
        bound = self.graph.edges.get("schedules-on")
        if bound is not None:
            machine[bound.source] = bound.target
        return machine

    def _with_edges(self) -> Bools:
        """Which entities have a drawn edge."""
        out = np.zeros(len(self.graph), dtype=np.bool_)
        for name, edges in self.graph.edges.items():
            if name not in NEVER_LINES:
                out[edges.source] = True
                out[edges.target] = True
        return out

    def _leaves(self, table: Table) -> None:
        """The objects of one kind that a person would look for on a map; absent ones where something names them.

        Configuration and accounts that nothing drawn refers to would only fill it.
        """
        if table.key.kind in _SILENT | _CONTAINERS or (table.kind is not None and not table.kind.namespaced):
            return
        if self.by == "machine" and table.key.kind != "Pod":
            return
        holds = table.kind is not None and table.kind.holds
        for row in range(table.real if holds else len(table)):
            id = table.base + row
            if holds:
                if self._holder[id] < 0:
                    self.vertex[id] = self._workload(id)
                continue
            if table.key.kind not in _ALWAYS and not self._joined[id]:
                continue
            entity = self.graph.entity(id)
            self.vertex[id] = self._add(entity.name, str(entity), entity.kind, self._container(entity, id))

    def _container(self, entity: Entity, id: int) -> int:
        if self.by == "machine":
            return self._place(int(self._machine[id]))
        holder = int(self._holder[id])
        return self._workload(holder) if holder >= 0 else self._namespace(entity.namespace)

    def _namespace(self, name: str) -> int:
        key = ("namespace", name)
        if key not in self._containers:
            self._containers[key] = self._add(name or "cluster-wide", f"Namespace/{name}", "Namespace", self._estate)
        return self._containers[key]

    def _workload(self, id: int) -> int:
        if id not in self._containers:
            entity = self.graph.entity(id)
            above = self._namespace(entity.namespace)
            self._containers[id] = self._add(entity.name, str(entity), entity.kind, above)
            self.vertex[id] = self._containers[id]
        return self._containers[id]

    def _place(self, id: int) -> int:
        """A machine in its zone; pods without one stand together."""
        if id not in self._containers:
            zone, label = "no zone", "not scheduled"
            if id >= 0:
                node = self.graph.entity(id)
                zone, label = node.labels.get(ZONE, zone), node.name
            key = ("zone", zone)
            if key not in self._containers:
                self._containers[key] = self._add(zone, f"Zone/{zone}", "Zone", self._estate)
            self._containers[id] = self._add(label, f"Node/{label}", "Node", self._containers[key])
            if id >= 0:
                self.vertex[id] = self._containers[id]
        return self._containers[id]

    def edges(self) -> tuple[Ints, Ints, Ints, tuple[str, ...]]:
        """Source, target and type of every drawn edge, and the names of the types."""
        names = tuple(name for name in self.graph.edges if name not in NEVER_LINES)
        sources, targets, types = [], [], []
        for number, name in enumerate(names):
            held = self.graph.edges[name]
            source, target = self.vertex[held.source], self.vertex[held.target]
            shown = (source >= 0) & (target >= 0) & (source != target)
            sources.append(source[shown])
            targets.append(target[shown])
            types.append(np.full(int(shown.sum()), number, dtype=np.int64))
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *sources]), np.concatenate([none, *targets]), np.concatenate([none, *types]), names

    def at(self, entity: Entity) -> int:
        """The vertex of an entity, or of what holds it; -1 where the map has none."""
        for held in (entity, entity.holder):
            if held.id >= 0 and self.vertex[held.id] >= 0:
                return int(self.vertex[held.id])
        return self._containers.get(("namespace", entity.name), -1) if entity.kind == "Namespace" else -1


def scene(graph: Graph, *, by: By = "namespace", answer: Answer | None = None, title: str = "") -> Map:
    """The map of a graph, with an answer's chains, roots and victims marked on it if one is given."""
    atlas = Atlas(graph, by)
    source, target, type, names = atlas.edges()
    kinds = sorted(set(atlas.kinds))
    number = {name: n for n, name in enumerate(kinds)}
    severity = np.zeros(len(atlas.labels), dtype=np.int64)
    notes: dict[int, str] = {}
    chains: list[Chain] = []
    for cause in answer.causes if answer else ():
        _mark(atlas, [v.entity for v in cause.victims], "medium", "", severity, notes)
        _mark(atlas, [cause.entity], "critical", cause.name, severity, notes)
        chain = _chain(atlas, [(step.entity, step.relation or "") for step in cause.chain])
        if chain is not None:
            chains.append(chain)
    return Map(
        labels=atlas.labels,
        ids=atlas.ids,
        kind=np.asarray([number[k] for k in atlas.kinds], dtype=np.int64),
        kind_names=tuple(kinds),
        parent=np.asarray(atlas.parents, dtype=np.int64),
        source=source,
        target=target,
        type=type,
        type_names=names or ("",),
        severity=severity,
        notes=notes,
        level_names=LEVELS[by],
        chains=tuple(chains),
        title=title,
    )


def _mark(atlas: Atlas, entities: Sequence[Entity], how: str, note: str, severity: Ints, notes: dict[int, str]) -> None:
    for entity in entities:
        vertex = atlas.at(entity)
        if vertex >= 0:
            severity[vertex] = max(int(severity[vertex]), SEVERITIES.index(how))
            if note:
                notes[vertex] = note


def _chain(atlas: Atlas, steps: Sequence[tuple[Entity, str]]) -> Chain | None:
    """An answer's chain as vertices; steps inside one box are one, and a chain of one is none."""
    vertices: list[int] = []
    relations: list[str] = []
    for entity, relation in steps:
        vertex = atlas.at(entity)
        if vertex >= 0 and (not vertices or vertices[-1] != vertex):
            vertices.append(vertex)
            relations.append(relation)
    return Chain(tuple(vertices), tuple(relations[:-1])) if len(vertices) > 1 else None
