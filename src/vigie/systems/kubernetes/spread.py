"""Which nodes pods keep each other from: pod affinity, anti-affinity of both sides, and topology spread."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vigie.kit import Entity, Graph, Table, matches
from vigie.systems.kubernetes import affinity, shapes
from vigie.systems.kubernetes.capacity import holding
from vigie.systems.kubernetes.kinds.workloads import Pod

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Place:
    """A node as the scheduler sees it."""

    node: Entity
    labels: Mapping[str, str]
    marks: tuple[affinity.Mark, ...]
    closed: bool


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


class Crowd:
    """The pods that stand on nodes, asked by label selector; distinct label sets are looked at once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.table: Table | None = graph.table(Pod)
        self._mask: Mask = holding(self.table) if self.table is not None else np.zeros(0, np.bool_)

    def standing(self, selector: Any, spaces: "Spaces", *, alive: bool = False) -> npt.NDArray[np.int32]:
        """The codes of the node names of every standing pod that a selector and its namespaces mean.

        `alive` leaves out pods that are being deleted.
        """
        if self.table is None or not isinstance(selector, Mapping):
            return np.zeros(0, np.int32)
        mask = self._mask
        if alive:
            mask = mask & ~self.table.deleted.known
        mask = mask & self.table.labels.matching(lambda labels: matches(labels or {}, selector))
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            mask = self._mask if not alive else self._mask & ~self.table.deleted.known
        mask = mask & spaces.mask(self.table)
        return np.asarray(self.table[Pod.node].data[mask], np.int32)

    def keeping_away(self) -> Iterator[tuple[str, list[Mapping[str, Any]], set[str]]]:
        """Required anti-affinity of standing pods: their namespace, its terms, the names of their nodes."""
        if self.table is None:
            return
        mask = self._mask & self.table[Pod.keeps_away].known
        rows = np.flatnonzero(mask)
        nodes: dict[tuple[int, int], set[str]] = {}
        column = self.table[Pod.keeps_away]
        for row in rows:
            key = (int(column.data[row]), int(self.table.namespaces[row]))
            nodes.setdefault(key, set()).add(self.graph.strings[int(self.table[Pod.node].data[row])] or "")
        for (code, space), names in sorted(nodes.items()):
            yield self.graph.strings[space] or "", shapes.shaped(self.table.values[code], shapes.TERMS) or [], names


class Spaces:
    """The namespaces that a pod affinity term means."""

    def __init__(self, graph: Graph, term: Mapping[str, Any], own: str) -> None:
        self._graph = graph
        self._selector = term.get("namespaceSelector")
        named = term.get("namespaces")
        self._names = {str(name) for name in named} if isinstance(named, list) else set()
        if not self._names and self._selector is None:
            self._names = {own}

    def __contains__(self, namespace: str) -> bool:
        if namespace in self._names:
            return True
        if not isinstance(self._selector, Mapping):
            return False
        if not self._selector:
            return True
        return matches(self._graph.get("Namespace", "", namespace).labels, self._selector)

    def mask(self, table: Table) -> Mask:
        """The rows of a table in these namespaces."""
        distinct, inverse = np.unique(table.namespaces, return_inverse=True)
        hits = np.fromiter(((self._graph.strings[int(c)] or "") in self for c in distinct), np.bool_, len(distinct))
        return np.asarray(hits[inverse])


def _merged(term: Mapping[str, Any], labels: Mapping[str, str]) -> Any:
    """The term's selector with the keys that it takes from the pod's own labels."""
    selector = term.get("labelSelector")
    if not isinstance(selector, Mapping):
        return None
    more = [
        {"key": key, "operator": operator, "values": [labels[key]]}
        for field, operator in (("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn"))
        for key in (term.get(field) or [])
        if key in labels
    ]
    known = [dict(e) for e in _mappings(selector.get("matchExpressions"))]
    more = [e for e in more if e not in known]
    return {"matchLabels": dict(selector.get("matchLabels") or {}), "matchExpressions": [*known, *more]}


class Neighbours:
    """What other pods say about where one pending pod may go."""

    def __init__(self, pod: Entity, spec: Mapping[str, Any], places: Sequence[Place], crowd: Crowd) -> None:
        self.pod = pod
        self.spec = spec
        self.places = places
        self.crowd = crowd
        self._by_name = {place.node.name: place for place in places}
        self._codes = {crowd.graph.strings.code(place.node.name): place for place in places}

    def _counts(self, key: str, codes: Iterable[int]) -> dict[str, int]:
        """Pods by topology domain, from the nodes that they stand on."""
        out: dict[str, int] = {}
        values, numbers = np.unique(np.asarray(list(codes), np.int64), return_counts=True)
        for code, number in zip(values.tolist(), numbers.tolist(), strict=True):
            place = self._codes.get(code)
            if place is not None and key in place.labels:
                out[place.labels[key]] = out.get(place.labels[key], 0) + number
        return out

    def _terms(self, field: str) -> list[Mapping[str, Any]]:
        return _mappings(_at(self.spec, "affinity", field, "requiredDuringSchedulingIgnoredDuringExecution"))

    def affinity(self) -> dict[str, str]:
        """The nodes that pod affinity rules out, by name, and the sentence for each."""
        wanted = self._terms("podAffinity")
        if not wanted:
            return {}
        found = [(term, self._domains(term)) for term in wanted]
        alone = not any(domains for _, domains in found) and all(self._means_itself(term) for term in wanted)
        out: dict[str, str] = {}
        for term, domains in found:
            key = str(term.get("topologyKey", ""))
            for place in self.places:
                if key not in place.labels:
                    out.setdefault(place.node.name, f"it has no label {key}")
                elif not alone and place.labels[key] not in domains:
                    out.setdefault(place.node.name, f"no pod {_selected(term)} is in its {key}")
        return out

    def _domains(self, term: Mapping[str, Any]) -> dict[str, int]:
        spaces = Spaces(self.crowd.graph, term, self.pod.namespace)
        codes = self.crowd.standing(_merged(term, self.pod.labels), spaces)
        return self._counts(str(term.get("topologyKey", "")), codes.tolist())

    def _means_itself(self, term: Mapping[str, Any]) -> bool:
        spaces = Spaces(self.crowd.graph, term, self.pod.namespace)
        return self.pod.namespace in spaces and matches(self.pod.labels, _merged(term, self.pod.labels))

    def anti_affinity(self) -> dict[str, str]:
        """The nodes that its own anti-affinity rules out, and the sentence for each."""
        out: dict[str, str] = {}
        for term in self._terms("podAntiAffinity"):
            key = str(term.get("topologyKey", ""))
            domains = self._domains(term)
            for place in self.places:
                if place.labels.get(key) in domains:
                    out.setdefault(place.node.name, f"a pod {_selected(term)} is in its {key} already")
        return out

    def repelled(self) -> dict[str, str]:
        """The nodes from which the anti-affinity of standing pods keeps it away."""
        out: dict[str, str] = {}
        for namespace, terms, nodes in self.crowd.keeping_away():
            for term in terms:
                spaces = Spaces(self.crowd.graph, term, namespace)
                if self.pod.namespace not in spaces or not matches(self.pod.labels, term.get("labelSelector")):
                    continue
                key = str(term.get("topologyKey", ""))
                domains = {self._by_name[n].labels.get(key) for n in nodes if n in self._by_name} - {None}
                for place in self.places:
                    if place.labels.get(key) in domains:
                        out.setdefault(place.node.name, f"a pod of namespace {namespace} in its {key} keeps it away")
        return out

    def spread(self) -> dict[str, str]:
        """The nodes on which a topology spread constraint would be broken, and the sentence for each."""
        wanted = _mappings(self.spec.get("topologySpreadConstraints"))
        wanted = [c for c in wanted if c.get("whenUnsatisfiable") == "DoNotSchedule"]
        keys = [str(c.get("topologyKey", "")) for c in wanted]
        out: dict[str, str] = {}
        for constraint, key in zip(wanted, keys, strict=True):
            for name, why in self._spread(constraint, key, keys):
                out.setdefault(name, why)
        return out

    def _spread(self, constraint: Mapping[str, Any], key: str, keys: list[str]) -> Iterator[tuple[str, str]]:
        selector = _merged(constraint, self.pod.labels)
        own = int(selector is not None and matches(self.pod.labels, selector))
        counted = [p for p in self.places if all(k in p.labels for k in keys) and self._counts_in(constraint, p)]
        space = Spaces(self.crowd.graph, {}, self.pod.namespace)
        codes = self.crowd.standing(selector, space, alive=True)
        names = {self.crowd.graph.strings.code(p.node.name) for p in counted}
        pods = self._counts(key, [code for code in codes.tolist() if code in names])
        domains = {p.labels[key] for p in counted}
        least = min((pods.get(domain, 0) for domain in domains), default=0)
        if len(domains) < int(constraint.get("minDomains") or 1):
            least = 0
        most = int(constraint.get("maxSkew") or 1)
        for place in self.places:
            if key not in place.labels:
                yield place.node.name, f"it has no label {key} (missing required label)"
            elif pods.get(place.labels[key], 0) + own - least > most:
                have = pods.get(place.labels[key], 0)
                yield (
                    place.node.name,
                    f"{key}={place.labels[key]} has {have} pods, the least has {least}, and maxSkew is {most}",
                )

    def _counts_in(self, constraint: Mapping[str, Any], place: Place) -> bool:
        """Whether a node takes part in the count of a constraint."""
        if constraint.get("nodeAffinityPolicy") != "Ignore" and not affinity.admits(
            self.spec, place.labels, place.node.name
        ):
            return False
        if constraint.get("nodeTaintsPolicy") != "Honor":
            return True
        return not affinity.untolerated(self.spec, place.marks) and not affinity.cordoned(
            self.spec, place.closed, place.marks
        )


def _selected(term: Mapping[str, Any]) -> str:
    """A term's selector in words."""
    selector = term.get("labelSelector")
    if not isinstance(selector, Mapping):
        return "of its kind"
    parts = [f"{k}={v}" for k, v in (selector.get("matchLabels") or {}).items()]
    for e in _mappings(selector.get("matchExpressions")):
        values = " ".join(map(str, e.get("values") or []))
        parts.append(f"{e.get('key')} {e.get('operator')} [{values}]")
    return "with " + ", ".join(parts) if parts else "of any kind"
