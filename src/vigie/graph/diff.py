"""The difference of two graphs: objects that came, went or changed, and edges that did."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from vigie.graph.entity import Entity
from vigie.graph.graph import Graph

_VOLATILE = {
    ("metadata", "resourceVersion"), ("metadata", "managedFields"), ("metadata", "generation"), ("metadata", "uid"),
    ("metadata", "creationTimestamp"), ("metadata", "selfLink"), ("status", "observedGeneration"),
}  # fmt: skip
_NOISE = {"lastHeartbeatTime", "lastProbeTime", "renewTime", "lastUpdateTime"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: its path, and both values (None: not there)."""

    path: str
    before: Any
    after: Any


@dataclass(slots=True)
class Difference:
    """What differs from one graph to another. Entities are those of the graph that holds them."""

    added: list[Entity] = field(default_factory=list)
    removed: list[Entity] = field(default_factory=list)
    changed: list[tuple[Entity, list[FieldChange]]] = field(default_factory=list)
    edges_added: list[tuple[str, Entity, Entity]] = field(default_factory=list)
    edges_removed: list[tuple[str, Entity, Entity]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.added, self.removed, self.changed, self.edges_added, self.edges_removed))


def diff(before: Graph, after: Graph) -> Difference:
    """Compare two graphs by what their objects are called. Events and leases, which always differ, are left out."""
    out = Difference()
    old, new = _objects(before), _objects(after)
    for address in sorted(old.keys() | new.keys()):
        was, now = old.get(address), new.get(address)
        if was is None and now is not None:
            out.added.append(now)
        elif now is None and was is not None:
            out.removed.append(was)
        elif was is not None and now is not None:
            changes = list(compare(was.body, now.body))
            if changes:
                out.changed.append((now, changes))
    edges_before, edges_after = _edges(before), _edges(after)
    out.edges_added = [edges_after[k] for k in sorted(edges_after.keys() - edges_before.keys())]
    out.edges_removed = [edges_before[k] for k in sorted(edges_before.keys() - edges_after.keys())]
    return out


def _passing(kind: str) -> bool:
    return kind in ("Event", "Lease")


def _objects(graph: Graph) -> dict[tuple[str, str, str, str], Entity]:
    return {e.address: e for key in graph.tables if not _passing(key.kind) for e in graph.all_of(key)}


def _edges(graph: Graph) -> dict[tuple[Any, ...], tuple[str, Entity, Entity]]:
    out: dict[tuple[Any, ...], tuple[str, Entity, Entity]] = {}
    for name, edges in graph.edges.items():
        for source, target in zip(edges.source.tolist(), edges.target.tolist(), strict=True):
            ends = graph.entity(source), graph.entity(target)
            if not any(_passing(end.kind) for end in ends):
                out[name, ends[0].address, ends[1].address] = (name, *ends)
    return out


def compare(before: Any, after: Any, path: tuple[str, ...] = ()) -> Iterator[FieldChange]:
    """The fields that differ between two JSON values, without those that change by themselves."""
    if before == after or path[:2] in _VOLATILE or (path and path[-1] in _NOISE):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from compare(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and _named(before) and _named(after):
        old, new = ({item[_key(item)]: item for item in side} for side in (before, after))
        for key in sorted(old.keys() | new.keys()):
            yield from compare(old.get(key), new.get(key), (*path[:-1], f"{path[-1]}[{key}]"))
    else:
        yield FieldChange(".".join(path), before, after)


def _key(item: dict[str, Any]) -> str:
    return "name" if "name" in item else "type"


def _named(items: list[Any]) -> bool:
    """Whether a list is a map by name or type, as containers and conditions are."""
    keys = [item.get(_key(item)) for item in items if isinstance(item, dict)]
    return len(keys) == len(items) and all(isinstance(k, str) for k in keys) and len(set(keys)) == len(keys)
