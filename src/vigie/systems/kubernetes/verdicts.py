"""Why a pod is placed nowhere: the scheduler's histogram held against the fit on the graph.

Several reasons may meet. The answer is the one whose smallest change makes the pod fit: of all nodes the nearest is
taken, the one whose failures cost least to mend, and there the failure that costs most.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vigie.kit import Entity, Proof, Signal
from vigie.systems.kubernetes import affinity, shapes
from vigie.systems.kubernetes.capacity import asked
from vigie.systems.kubernetes.fit import Failure, Fit, fit
from vigie.systems.kubernetes.joins import once
from vigie.systems.kubernetes.scheduling import Filter, Reason, Verdict, parse

CLASSES: Mapping[Filter, str] = {
    "cpu": "unschedulable-cpu",
    "memory": "unschedulable-memory",
    "resource": "unschedulable-resource",
    "pods": "unschedulable-resource",
    "devices": "unschedulable-resource",
    "affinity": "unschedulable-affinity",
    "node-name": "unschedulable-affinity",
    "features": "unschedulable-affinity",
    "taint": "unschedulable-taint",
    "pod-affinity": "unschedulable-pod-affinity",
    "spread": "unschedulable-spread",
    "port": "unschedulable-port",
    "cordoned": "unschedulable-cordoned",
}

# What it costs to mend one failure. A selector, a node's name and the place of a volume say where the pod is meant
# to be: they are the answer only where they leave no node at all. Where a selector leaves some, and a volume none of
# those, it is the volume that is elsewhere. Taints of the control plane are not meant to go.
_COST: Mapping[Filter, float] = {
    "cordoned": 1.0,
    "condition": 1.5,
    "pods": 2.2,
    "port": 2.5,
    "pod-affinity": 2.5,
    "spread": 2.5,
    "volume-limit": 2.5,
    "volume-access": 2.5,
    "taint": 4.0,
    "cpu": 2.4,
    "memory": 2.45,
    "resource": 2.5,
    "volume-space": 8.0,
    "volume-unbound": 10.0,
    "devices": 12.0,
    "features": 20.0,
    "affinity": 20.0,
    "node-name": 20.0,
    "volume-zone": 19.0,
    "volume-gone": 30.0,
    "claim": 30.0,
    "other": 5.0,
}
_NEVER_BIG_ENOUGH = 6.0
_NOT_OFFERED = 12.0
_CONTROL_PLANE = 9.0
_NO_LABEL = 8.0
_CORE, _GIBIBYTE = 1.0, 4 * 2.0**30


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why one pod is placed nowhere.

    `filter` is the reason whose smallest change lets it fit, `nearest` the node on which, `failures` all that stands
    against that node; `alike` are the other nodes for which the same holds. Without nodes in the evidence, `nearest`
    is None and the reason comes from the scheduler's words alone. `clear` says that a node was found on which the
    filters of this module keep nothing off.
    """

    pod: Entity
    said: Verdict
    filter: Filter
    nearest: Fit | None
    failures: tuple[Failure, ...]
    alike: tuple[Fit, ...]
    fits: tuple[Fit, ...]
    reason: Reason | None
    clear: bool

    @property
    def decisive(self) -> Failure | None:
        """The failure on the nearest node that is the answer."""
        return next((f for f in self.failures if f.filter == self.filter), None)

    def ailing(self) -> list[Entity]:
        """The nodes that would do if they were well, where that is the answer."""
        if self.filter != "condition" or self.nearest is None:
            return []
        return [self.nearest.node, *(one.node for one in self.alike)]

    def proofs(self) -> list[Proof]:
        """What was computed from the nodes, the nearest first."""
        found = [self.nearest, *self.alike] if self.nearest else []
        found += [one for one in self.fits if one not in found]
        return [
            Proof(
                one.node,
                "fit of " + str(self.pod),
                "; ".join(f.says for f in one.failures),
                None,
                one.node.pointer,
                False,
            )
            for one in found[:4]
            if one.failures
        ]


def message(pod: Entity) -> Signal | None:
    """What the scheduler last said of a pod: its condition, else the last event."""
    conditions = pod.signals("unschedulable")
    if conditions:
        return conditions[-1]
    told = pod.signals("failed-scheduling")
    return told[-1] if told else None


def blocked(pod: Entity) -> Blocked | None:
    """Why a pod is placed nowhere; None where nothing says so."""
    return once(pod.graph, f"blocked {pod.namespace}/{pod.name}", lambda: _blocked(pod))


def _blocked(pod: Entity) -> Blocked | None:
    signal = message(pod)
    if signal is None:
        return None
    said = parse(signal.text)
    fits = fit(pod)
    known = said.filters
    failing = tuple(one for one in fits if one.failures)
    trusted = tuple(one for one in failing if not known or any(f.filter in known or _hidden(f) for f in one.failures))
    if not trusted:
        return _by_words(pod, said, fits)
    nearest = min(trusted, key=lambda one: (round(_total(one), 6), one.node.name))
    alike = tuple(
        one
        for one in trusted
        if one is not nearest and {f.filter for f in one.failures} == {f.filter for f in nearest.failures}
    )
    mine = [f for f in nearest.failures if not known or f.filter in known] or list(nearest.failures)
    worst = max(mine, key=_cost)
    clear = len(failing) < len(fits)
    if clear and worst.filter not in known and known:
        return _by_words(pod, said, fits)
    reason = next((r for r in said.reasons if r.filter == worst.filter), None)
    return Blocked(pod, said, _of(worst), nearest, nearest.failures, alike, fits, reason, clear)


def _hidden(failure: Failure) -> bool:
    """Whether the scheduler would not have said this: a later filter of a node that an earlier one had refused."""
    return failure.filter in ("spread", "pod-affinity", "volume-zone")


def _of(failure: Failure) -> Filter:
    """The filter of a failure; taints that a node's own condition brought are the node's."""
    return "condition" if is_condition(failure) else failure.filter


def is_condition(failure: Failure) -> bool:
    """Whether only taints that the node's own state brought keep the pod off."""
    return bool(failure.marks) and all(mark.key.startswith(affinity.CONDITIONS) for mark in failure.marks)


def _total(one: Fit) -> float:
    return sum(_cost(failure) for failure in one.failures)


def _cost(failure: Failure) -> float:
    if failure.filter == "taint":
        if is_condition(failure):
            return _COST["condition"]
        reserved = any(mark.key in affinity.CONTROL_PLANE for mark in failure.marks)
        return _CONTROL_PLANE if reserved else _COST["taint"]
    if failure.resource and failure.filter != "pods":
        if failure.whole == 0:
            return _NOT_OFFERED
        if failure.wants > failure.whole:
            return _NEVER_BIG_ENOUGH + min(failure.wants / failure.whole, 1000.0) / 1000
        return 2.0 + failure.lacks / failure.wants
    if failure.filter == "spread" and "missing required label" in failure.says:
        return _NO_LABEL
    return _COST.get(failure.filter, 5.0)


def _by_words(pod: Entity, said: Verdict, fits: tuple[Fit, ...]) -> Blocked | None:
    """The answer from the scheduler's message alone, where the nodes are not in the evidence or do not show it."""
    reasons = [r for r in said.reasons if r.filter != "other"]
    if not reasons:
        return None
    best = min(reasons, key=lambda r: (_word_cost(r), r.text))
    if best.filter in ("cpu", "memory", "resource"):
        best = _scarcest(pod, [r for r in reasons if r.filter in ("cpu", "memory", "resource")], said)
    return Blocked(pod, said, best.filter, None, (), (), fits, best, False)


def _word_cost(reason: Reason) -> float:
    if reason.filter == "taint":
        if reason.key in affinity.CONTROL_PLANE:
            return _CONTROL_PLANE
        if reason.key.startswith(affinity.CONDITIONS):
            return _COST["condition"]
    return _COST.get(reason.filter, 5.0)


def _scarcest(pod: Entity, reasons: list[Reason], said: Verdict) -> Reason:
    """Of several resources the one that is hardest to have: what is no common resource, then the largest request."""
    if said.nodes is None or sum(r.count for r in reasons) <= said.nodes:
        return min(reasons, key=lambda r: (-r.count, _word_cost(r), r.resource))
    wants = asked(shapes.spec(pod))

    def weight(reason: Reason) -> tuple[bool, float, str]:
        unit = _CORE if reason.filter == "cpu" else _GIBIBYTE if reason.filter == "memory" else 0.0
        want = wants.get(reason.resource, 0.0)
        return (reason.filter == "resource", want / unit if unit else want, reason.resource)

    return max(reasons, key=weight)


def units(resource: str, value: float) -> str:
    """An amount of a resource, rounded down to what may be asked for."""
    if resource == "cpu":
        return f"{int(value * 1000 + 1e-6)}m"
    if resource == "memory" or resource.endswith("storage") or resource.startswith("hugepages-"):
        return f"{int(value // 2**20)}Mi"
    return f"{int(value)}"


def total(pod: Entity, resource: str) -> float:
    """What a pod asks for of a resource."""
    return asked(shapes.spec(pod)).get(resource, 0.0)
