"""Which kinds a server serves and can list, each once, in its preferred version."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from vigie.model.errors import VigieError
from vigie.model.evidence import Gap
from vigie.sources.kube.client import DISCOVERY, Client, RefusedError
from vigie.sources.media import printable


@dataclass(frozen=True, slots=True)
class Resource:
    """One listable kind: where it is served, and what its objects are."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool

    def path(self, namespace: str | None = None) -> str:
        """The API path of its list, of one namespace or of all."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{base}/namespaces/{namespace}/{self.plural}" if namespace else f"{base}/{self.plural}"

    @property
    def name(self) -> str:
        """As kubectl writes it: "deployments.apps"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


# Computed on demand and no objects of the cluster, or another door to objects that are read already.
_SKIPPED_GROUPS = frozenset({"metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"})
_SKIPPED = frozenset({("", "componentstatuses"), ("authorization.openshift.io", "")})
_DOORS = {"extensions": frozenset({"apps", "networking.k8s.io", "policy"})}
EVENTS = ("events.k8s.io", "events")


def discover(client: Client) -> tuple[list[Resource], list[Gap]]:
    """Every listable kind, sorted with core first and events last, and a Gap for each group that is not served now.

    Raises RefusedError if the server does not say what it serves.
    """
    found: list[tuple[str, str, list[dict[str, Any]]]] = []
    gaps: list[Gap] = []
    for path in ("/api", "/apis"):
        answer = client.get(path, accept=DISCOVERY)
        content = _decode(answer.body, path, client)
        if "APIGroupDiscoveryList" in answer.media:
            found.extend(_aggregated(content, gaps))
        elif path == "/api":
            found.extend(_plain(client, [("", [str(v) for v in content.get("versions") or ()])], gaps))
        else:
            found.extend(_plain(client, list(_groups(content)), gaps))
    return sorted(_listable(found), key=_order), gaps


def _order(resource: Resource) -> tuple[bool, bool, str, str]:
    # Events last: what they tell is then never older than the objects that they speak of.
    return resource.plural == "events", bool(resource.group), resource.group, resource.plural


def _listable(found: list[tuple[str, str, list[dict[str, Any]]]]) -> Iterator[Resource]:
    groups = {group for group, _, _ in found}
    seen: set[tuple[str, str]] = set()
    for group, version, resources in found:
        if group in _SKIPPED_GROUPS or (group, "") in _SKIPPED or _DOORS.get(group, frozenset()) & groups:
            continue
        for entry in resources:
            plural, kind = entry.get("plural"), entry.get("kind")
            if not isinstance(plural, str) or not isinstance(kind, str) or "list" not in entry.get("verbs", ()):
                continue
            if "/" in plural or (group, plural) in _SKIPPED or (group, plural) in seen:
                continue
            seen.add((group, plural))
            yield Resource(group, version, plural, kind, entry.get("namespaced") is True)


def _aggregated(content: dict[str, Any], gaps: list[Gap]) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Groups, versions in the order of preference and their resources, from the aggregated form."""
    for group in _objects(content.get("items")):
        name = str(_object(group.get("metadata")).get("name") or "")
        for version in _objects(group.get("versions")):
            label = str(version.get("version") or "")
            if version.get("freshness") == "Stale":
                gaps.append(_unserved(name, label, "its API service does not answer"))
            resources = []
            for resource in _objects(version.get("resources")):
                kind = _object(resource.get("responseKind")).get("kind")
                verbs, scope = resource.get("verbs") or (), resource.get("scope")
                plural = resource.get("resource")
                resources.append({"plural": plural, "kind": kind, "verbs": verbs, "namespaced": scope == "Namespaced"})
            yield name, label, resources


def _groups(content: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for group in _objects(content.get("groups")):
        versions = [str(version.get("version") or "") for version in _objects(group.get("versions"))]
        preferred = str(_object(group.get("preferredVersion")).get("version") or "")
        versions.sort(key=lambda version: version != preferred)
        yield str(group.get("name") or ""), versions


def _plain(
    client: Client, groups: list[tuple[str, list[str]]], gaps: list[Gap]
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """The same from servers before 1.26, one request a group and version."""
    for group, versions in groups:
        for version in versions:
            path = f"/apis/{group}/{version}" if group else f"/api/{version}"
            try:
                content = _decode(client.get(path).body, path, client)
            except RefusedError as error:
                gaps.append(_unserved(group, version, str(error)))
                continue
            resources = [
                {**entry, "plural": entry.get("name"), "verbs": entry.get("verbs") or ()}
                for entry in _objects(content.get("resources"))
            ]
            yield group, version, resources


def _unserved(group: str, version: str, why: str) -> Gap:
    return Gap(
        printable(f"/apis/{group}/{version}"),
        printable(f"the group {group}/{version} is not served now: {why}"),
        how=f"kubectl describe apiservice {version}.{group}",
    )


def _decode(body: bytes, path: str, client: Client) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise VigieError(
            f"{path} is answered with something else than JSON, so this is no Kubernetes API",
            where=client.access.server,
            fix="check `server` in the kubeconfig; a login page may be in the way",
        )
    return content


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
