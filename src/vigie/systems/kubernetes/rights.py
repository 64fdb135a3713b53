"""Rights by role: what a refusal of the API server asks for, who was to grant it, and whether somebody does."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vigie.kit import Entity, Graph, Proof
from vigie.systems.kubernetes.joins import dig, listed, words

_REFUSED = re.compile(
    r'User \\*"(?P<user>[^"\\]+)\\*" cannot (?P<verb>\w+) (?:resource|path) \\*"(?P<resource>[^"\\]+)\\*"'
    r'(?: in API group \\*"(?P<group>[^"\\]*)\\*")?'
    r'(?: in the namespace \\*"(?P<namespace>[^"\\]+)\\*"| at the cluster scope)?'
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A right that somebody asked for; `namespace` is "" for the whole cluster."""

    user: str
    verb: str
    resource: str
    group: str
    namespace: str

    @property
    def full(self) -> str:
        """The resource with its group, as `kubectl auth can-i` takes it."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def account(self) -> tuple[str, str] | None:
        """Namespace and name of the ServiceAccount that asks; None for another user."""
        parts = self.user.split(":")
        return (parts[2], parts[3]) if parts[:2] == ["system", "serviceaccount"] and len(parts) == 4 else None

    @property
    def name(self) -> str:
        return f"ServiceAccount {self.account[1]}" if self.account else f"user {self.user}"


def refused(text: str) -> Wanted | None:
    """The right that a refusal speaks of; None where a text is none."""
    match = _REFUSED.search(text)
    if match is None or "forbidden" not in text.lower():
        return None
    return Wanted(match["user"], match["verb"], match["resource"], match["group"] or "", match["namespace"] or "")


def bindings(graph: Graph, wanted: Wanted) -> Iterator[Entity]:
    """The bindings that give the asker something where the right is wanted, those of the namespace first."""
    for kind in ("rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding"):
        for binding in sorted(graph.all(kind), key=lambda e: e.address):
            if binding.namespace in ("", wanted.namespace) and any(_is(wanted, s, binding) for s in _subjects(binding)):
                yield binding


def _subjects(binding: Entity) -> list[dict[str, Any]]:
    return listed(binding.body, "subjects")


def _is(wanted: Wanted, subject: Mapping[str, Any], binding: Entity) -> bool:
    name, account = subject.get("name"), wanted.account
    match subject.get("kind"):
        case "ServiceAccount":
            return account == (subject.get("namespace") or binding.namespace, name)
        case "User":
            return name == wanted.user
        case "Group":
            groups = ["system:authenticated"]
            if account:
                groups += ["system:serviceaccounts", f"system:serviceaccounts:{account[0]}"]
            return name in groups
    return False


def role(binding: Entity) -> Entity:
    """The role that a binding puts into force."""
    kind = f"rbac.authorization.k8s.io/{dig(binding.body, 'roleRef', 'kind') or 'Role'}"
    return binding.near(kind, str(dig(binding.body, "roleRef", "name") or ""))


def granted(graph: Graph, wanted: Wanted) -> bool:
    """Whether a role that was read gives the right now."""
    return any(
        _gives(rule, wanted) for binding in bindings(graph, wanted) for rule in listed(role(binding).body, "rules")
    )


def _gives(rule: dict[str, Any], wanted: Wanted) -> bool:
    if rule.get("resourceNames"):
        return False

    def holds(field: str, value: str) -> bool:
        given = words(rule, field)
        return "*" in given or value in given

    if wanted.resource.startswith("/"):
        return holds("verbs", wanted.verb) and any(
            wanted.resource == url or (url.endswith("*") and wanted.resource.startswith(url[:-1]))
            for url in words(rule, "nonResourceURLs")
        )
    return holds("verbs", wanted.verb) and holds("apiGroups", wanted.group) and holds("resources", wanted.resource)


def to_change(graph: Graph, wanted: Wanted) -> tuple[Entity, list[Proof]]:
    """The object that should grant the right, with what shows it: the bound role of the namespace, a binding whose
    role is
    not there, or the ServiceAccount to which nothing is bound."""
    own = [b for b in bindings(graph, wanted) if not _everybody(b)]
    for binding in own:
        at = role(binding)
        if at.exists is False:
            return binding, [at.absence()]
    for binding in sorted(own, key=lambda b: (b.namespace != wanted.namespace, role(b).kind != "Role", b.address)):
        at = role(binding)
        if wanted.namespace or at.kind == "ClusterRole":
            return at, [Proof(binding, "roleRef.name", at.name, None, binding.pointer)]
    space, name = wanted.account or ("", wanted.user)
    kind = "ServiceAccount" if wanted.account else "User"
    return graph.get(kind, space, name), []


def _everybody(binding: Entity) -> bool:
    return all(s.get("kind") == "Group" for s in _subjects(binding))


def unread(graph: Graph, wanted: Wanted) -> str:
    """The kind of bindings that was not listed where the right is wanted, so that one may be "
    "there; "" where all were."""
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        space = wanted.namespace if kind == "RoleBinding" else ""
        if not graph.covers(f"rbac.authorization.k8s.io/{kind}", space) and not any(True for _ in graph.all(kind)):
            return kind
    return ""
