"""A live cluster as a source of evidence, in two rounds: every object, and then the logs that are asked for."""

import functools
import urllib.parse
from collections.abc import Callable, Iterable, Iterator

import msgspec

from vigie.model.errors import VigieError
from vigie.model.evidence import Evidence, Gap, Listed
from vigie.sources.kube.client import Client, Pace, RefusedError
from vigie.sources.kube.credentials import Credentials
from vigie.sources.kube.discovery import EVENTS, Resource, discover
from vigie.sources.kube.kubeconfig import resolve
from vigie.sources.kube.ordered import in_order
from vigie.sources.kube.pages import ForbiddenError, pages
from vigie.sources.media import printable

Found = Iterator[Evidence | Gap]
Wanted = tuple[str, str, str, bool]

_THREADS = 4
_TAIL_LINES = 500
_LOG_BYTES = 5 << 20
_NO_LOG = b"unable to retrieve container logs for "
_PROBED = 200
_PROBES = ("pods", "events", "configmaps", "services")


class Cluster:
    """One API server, read with GET only."""

    def __init__(self, client: Client, name: str, namespace: str, version: str) -> None:
        self._client = client
        self.name = name
        self.namespace = namespace
        self.version = version

    @classmethod
    def connect(
        cls,
        kubeconfig: str | None = None,
        context: str | None = None,
        namespace: str | None = None,
        as_user: str | None = None,
        as_groups: Iterable[str] = (),
        request_timeout: float = 30.0,
        pace: Pace | None = None,
    ) -> "Cluster":
        """Resolve the kubeconfig as kubectl does and ask the server for its version.

        `request_timeout` is in seconds and bounds each request (0: no bound). Raises VigieError, one line, if there is
        no such context, no usable credentials or no such server.
        """
        access = resolve(kubeconfig, context)
        client = Client(access, Credentials(access, as_user, tuple(as_groups)), request_timeout, pace)
        try:
            version = _version(client)
        except BaseException:
            client.close()
            raise
        return cls(client, access.name, namespace or access.namespace, version)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def lists(self, namespaces: Iterable[str] | None = None) -> Found:
        """Every served kind that can be listed, page by page, in a fixed order; of Secrets keys and sizes only.

        `namespaces` narrows the namespaced kinds. A kind that may not be listed across the cluster is listed in the
        namespaces where the user may read something, and is a Gap besides. Raises VigieError if the server does not
        say what it serves.
        """
        try:
            resources, gaps = discover(self._client)
        except RefusedError as error:
            raise self._unusable(error) from None
        yield from gaps
        scope = _Scope(self._client, self.namespace, None if namespaces is None else sorted(set(namespaces)))
        served = {(resource.group, resource.plural): resource for resource in resources}
        same = served.pop(EVENTS, None) if ("", "events") in served else None
        streams: list[Callable[[], Found]] = [functools.partial(scope.read, one) for one in served.values()]
        if same is not None:
            streams[-1] = functools.partial(_either, scope, served["", "events"], same)
        yield from in_order(streams, _THREADS)

    def logs(self, wanted: Iterable[Wanted]) -> Found:
        """The last lines of each wanted (namespace, pod, container, previous): at most 500 lines and 5 MiB."""
        streams = [functools.partial(self._log, one) for one in wanted]
        yield from in_order(streams, _THREADS)

    def _log(self, wanted: Wanted) -> Found:
        namespace, pod, container, previous = wanted
        path = f"/api/v1/namespaces/{_quote(namespace)}/pods/{_quote(pod)}/log"
        query = f"container={_quote(container)}" + ("&previous=true" if previous else "")
        origin = f"{path}?{query}"
        how = f"kubectl logs -n {namespace} {pod} -c {container}{' --previous' if previous else ''}"
        try:
            limits = f"&tailLines={_TAIL_LINES}&limitBytes={_LOG_BYTES}"
            answer = self._client.get(path, query + limits, accept="*/*")
        except RefusedError as error:
            yield Gap(origin, str(error), how=how)
            return
        except VigieError as error:
            yield Gap(origin, error.what, how=error.fix)
            return
        if answer.body.startswith(_NO_LOG) and answer.body.count(b"\n") <= 1:
            # With status 200, a kubelet says so of a container whose files are gone.
            yield Gap(origin, printable(answer.body.decode("utf-8", "replace").strip())[:300], how=how)
            return
        yield Evidence.of(origin, answer.body, "log", time=answer.time)

    def _unusable(self, error: RefusedError) -> VigieError:
        return _unusable(self._client, error)


def _either(scope: "_Scope", resource: Resource, same: Resource) -> Found:
    """`resource`, and only where nothing of it can be read, the other door to the same objects."""
    found = False
    for one in scope.read(resource):
        found = found or isinstance(one, Evidence)
        yield one
    if not found:
        yield from scope.read(same)


class _Scope:
    """Where to list: everywhere if that is allowed, else where the user may read."""

    def __init__(self, client: Client, home: str, namespaces: list[str] | None) -> None:
        self._client = client
        self._home = home
        self._asked = namespaces

    def read(self, resource: Resource) -> Found:
        """One kind in all of its places; where it may not be listed everywhere, one Gap says so."""
        if resource.namespaced and self._asked is not None:
            for namespace in self._asked:
                try:
                    yield from pages(self._client, resource, namespace)
                except ForbiddenError as error:
                    yield self._forbidden(resource, namespace, str(error))
            return
        try:
            yield from pages(self._client, resource, None)
        except ForbiddenError as error:
            allowed = []
            for namespace in self._readable if resource.namespaced else ():
                try:
                    yield from pages(self._client, resource, namespace)
                except ForbiddenError:
                    continue
                allowed.append(namespace)
            instead = f"; read in namespace {', '.join(allowed)} only" if allowed else ""
            yield self._forbidden(resource, None, f"{error}{instead}")

    def _forbidden(self, resource: Resource, namespace: str | None, what: str) -> Gap:
        place = f"in namespace {namespace}" if namespace else "in the whole cluster"
        return Gap(
            resource.path(namespace),
            what,
            Listed(resource.group, resource.kind, namespace),
            f"get the right to list {resource.name} {place}",
        )

    @functools.cached_property
    def _readable(self) -> tuple[str, ...]:
        """The namespaces in which the user may list something that matters; the one asked for comes with them."""
        names = {self._home}
        for namespace in self._namespaces():
            if namespace not in names and any(self._may_list(plural, namespace) for plural in _PROBES):
                names.add(namespace)
        return tuple(sorted(names))

    def _namespaces(self) -> list[str]:
        try:
            body = self._client.get("/api/v1/namespaces", f"limit={_PROBED}").body
        except RefusedError:
            return []
        try:
            return [item.metadata.name for item in msgspec.json.decode(body, type=_Names).items]
        except msgspec.DecodeError:
            return []

    def _may_list(self, plural: str, namespace: str) -> bool:
        try:
            self._client.get(f"/api/v1/namespaces/{_quote(namespace)}/{plural}", "limit=1")
        except RefusedError:
            return False
        return True


class _Meta(msgspec.Struct):
    name: str = ""


class _Named(msgspec.Struct):
    metadata: _Meta


class _Names(msgspec.Struct):
    items: list[_Named]


def _version(client: Client) -> str:
    try:
        body = client.get("/version").body
    except RefusedError as error:
        if error.status in (403, 404):
            return ""
        raise _unusable(client, error) from None
    try:
        version = msgspec.json.decode(body, type=dict[str, object]).get("gitVersion")
    except msgspec.DecodeError:
        raise VigieError(
            "it answers with something else than JSON, so it is no Kubernetes API",
            where=client.access.server,
            fix="check `server` in the kubeconfig; a login page may be in the way",
        ) from None
    return version if isinstance(version, str) else ""


def _unusable(client: Client, error: RefusedError) -> VigieError:
    fix = {
        0: "check `server` in the kubeconfig and the way to it",
        401: "log in again: the credentials are wrong or expired",
        403: "ask for the right to read the API",
        404: "check the path of `server` in the kubeconfig",
    }.get(error.status, "try again when the server is well")
    return VigieError(str(error), where=client.access.server, fix=fix)


def _quote(name: str) -> str:
    return urllib.parse.quote(name, safe="")
