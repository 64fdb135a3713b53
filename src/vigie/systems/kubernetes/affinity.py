"""Which nodes a pod may go to by its own word: node selector and node affinity, taints and tolerations."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

CORDON = "node.kubernetes.io/unschedulable"
CONDITIONS = "node.kubernetes.io/"
CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_REPELLING = ("NoSchedule", "NoExecute")


class Mark(NamedTuple):
    """One taint of a node."""

    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


def _listed(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _number(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def tolerates(tolerations: Any, mark: Mark) -> bool:
    """Whether one of these tolerations covers a taint."""
    return any(_covers(toleration, mark) for toleration in _listed(tolerations))


def _covers(toleration: Mapping[str, Any], mark: Mark) -> bool:
    effect, key = toleration.get("effect") or "", toleration.get("key") or ""
    if effect and effect != mark.effect:
        return False
    operator = toleration.get("operator") or "Equal"
    if not key:
        return bool(operator == "Exists")
    if key != mark.key:
        return False
    wanted = str(toleration.get("value") or "")
    if operator in ("Gt", "Lt"):
        have, limit = _number(mark.value), _number(wanted)
        if have is None or limit is None:
            return False
        return have > limit if operator == "Gt" else have < limit
    return operator == "Exists" or (operator == "Equal" and wanted == mark.value)


def untolerated(spec: Mapping[str, Any], marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The taints that keep a pod off a node; that of a cordon is left to `cordoned`."""
    tolerations = spec.get("tolerations")
    return tuple(m for m in marks if m.effect in _REPELLING and m.key != CORDON and not tolerates(tolerations, m))


def cordoned(spec: Mapping[str, Any], unschedulable: bool, marks: Iterable[Mark]) -> bool:
    """Whether a cordon keeps a pod off a node."""
    closed = unschedulable or any(m.key == CORDON and m.effect in _REPELLING for m in marks)
    return closed and not tolerates(spec.get("tolerations"), Mark(CORDON, "", "NoSchedule"))


def expression(labels: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether labels meet one requirement of a node selector."""
    key, values = str(wanted.get("key", "")), wanted.get("values")
    values = values if isinstance(values, list) else []
    match wanted.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case "Gt" | "Lt" as operator:
            have = _number(labels[key]) if key in labels else None
            limit = _number(values[0]) if len(values) == 1 else None
            if have is None or limit is None:
                return False
            return have > limit if operator == "Gt" else have < limit
        case _:
            return False


def term(labels: Mapping[str, Any], name: str, wanted: Mapping[str, Any]) -> bool:
    """Whether a node meets one node selector term; an empty one matches nothing."""
    on_labels, on_fields = _listed(wanted.get("matchExpressions")), _listed(wanted.get("matchFields"))
    if not on_labels and not on_fields:
        return False
    fields = {"metadata.name": name}
    return all(expression(labels, e) for e in on_labels) and all(expression(fields, e) for e in on_fields)


def terms(labels: Mapping[str, Any], name: str, selector: Any) -> bool:
    """Whether a node meets a NodeSelector (`nodeSelectorTerms`, of which one suffices)."""
    if not isinstance(selector, Mapping):
        return True
    return any(term(labels, name, wanted) for wanted in _listed(selector.get("nodeSelectorTerms")))


def required(spec: Mapping[str, Any]) -> Any:
    """The required node affinity of a pod, None where it has none."""
    affinity = spec.get("affinity")
    node = affinity.get("nodeAffinity") if isinstance(affinity, Mapping) else None
    return node.get("requiredDuringSchedulingIgnoredDuringExecution") if isinstance(node, Mapping) else None


def admits(spec: Mapping[str, Any], labels: Mapping[str, Any], name: str) -> bool:
    """Whether a pod's node selector and required node affinity admit a node."""
    chosen = spec.get("nodeSelector")
    if isinstance(chosen, Mapping) and any(labels.get(key) != value for key, value in chosen.items()):
        return False
    return terms(labels, name, required(spec))


def named(spec: Mapping[str, Any]) -> frozenset[str]:
    """The nodes to which every term of the affinity limits the pod by name, as DaemonSets do."""
    wanted = required(spec)
    found: set[str] = set()
    for one in _listed(wanted.get("nodeSelectorTerms")) if isinstance(wanted, Mapping) else []:
        fields = [
            e for e in _listed(one.get("matchFields")) if e.get("key") == "metadata.name" and e.get("operator") == "In"
        ]
        if not fields:
            return frozenset()
        found.update(str(value) for e in fields for value in e.get("values") or [])
    return frozenset(found)


def said(spec: Mapping[str, Any]) -> str:
    """A pod's node selector and required node affinity in words: `disk=ssd, zone In [a b]`."""
    chosen = spec.get("nodeSelector")
    parts = [f"{key}={value}" for key, value in chosen.items()] if isinstance(chosen, Mapping) else []
    wanted = required(spec)
    for one in _listed(wanted.get("nodeSelectorTerms")) if isinstance(wanted, Mapping) else []:
        for e in (*_listed(one.get("matchExpressions")), *_listed(one.get("matchFields"))):
            values = " ".join(map(str, e.get("values") or []))
            parts.append(f"{e.get('key')} {e.get('operator')}" + (f" [{values}]" if values else ""))
    return ", ".join(parts)
