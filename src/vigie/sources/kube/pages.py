"""One list of one kind, page by page: `limit` and `continue`, and what to do when the token is too old."""

import urllib.parse
from collections.abc import Iterator
from typing import Any

import msgspec

from vigie.model.errors import VigieError
from vigie.model.evidence import Evidence, Gap, Listed
from vigie.sources.kube.client import Answer, Client, RefusedError
from vigie.sources.kube.discovery import Resource
from vigie.sources.secret import redact_secret_bytes

PAGE = 500
_RELISTS = 3


class _ListMeta(msgspec.Struct):
    resource_version: str = msgspec.field(default="", name="resourceVersion")
    continue_: str = msgspec.field(default="", name="continue")


class _Page(msgspec.Struct):
    kind: str = ""
    api_version: str = msgspec.field(default="", name="apiVersion")
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[msgspec.Raw] | None = None


class _Name(msgspec.Struct):
    name: str = ""
    namespace: str = ""


class _Item(msgspec.Struct):
    metadata: _Name = msgspec.field(default_factory=_Name)


_decode_page = msgspec.json.Decoder(_Page).decode
_decode_item = msgspec.json.Decoder(_Item).decode


class ForbiddenError(Exception):
    """The user may not list this kind here; the text is the server's."""


def pages(client: Client, resource: Resource, namespace: str | None) -> Iterator[Evidence | Gap]:
    """Every page of the list as evidence, whose `first` counts on; what goes wrong on the way is one Gap.

    Raises ForbiddenError if the first page is refused with 403.
    """
    listing = _Listing(client, resource, namespace)
    try:
        yield from listing.read()
    except RefusedError as error:
        if error.status == 403 and not listing.started:
            raise ForbiddenError(str(error)) from None
        yield listing.gap(error)
    except VigieError as error:
        # Credentials that cannot be renewed on the way: what was read before stays good.
        yield Gap(listing.origin, error.what, listing.listed, error.fix)
    except msgspec.DecodeError:
        yield Gap(listing.origin, "the server's answer is no list of objects", listing.listed)


class _Listing:
    def __init__(self, client: Client, resource: Resource, namespace: str | None) -> None:
        self._client = client
        self._resource = resource
        self.origin = resource.path(namespace)
        self._path = resource.path(urllib.parse.quote(namespace, safe="") if namespace else None)
        self.listed = Listed(resource.group, resource.kind, namespace)
        self.started = False
        self._first = 0
        self._last: tuple[bytes, bytes] | None = None

    def gap(self, error: RefusedError) -> Gap:
        """What is missing because of `error`."""
        rest = f"; {self._first:,} of its objects were read before" if self.started else ""
        how = f"kubectl get --raw {self.origin}" if error.status != 401 else "log in again: the credentials are refused"
        return Gap(self.origin, f"{error}{rest}", self.listed, how)

    def read(self) -> Iterator[Evidence | Gap]:
        token, relists, skipping = "", 0, False
        while True:
            query = f"limit={PAGE}" + (f"&continue={urllib.parse.quote(token, safe='')}" if token else "")
            try:
                answer = self._client.get(self._path, query)
            except RefusedError as error:
                if error.status != 410 or relists >= _RELISTS:
                    raise
                # The token outlived etcd's history. The server may hand out one that goes on with what is stored now
                # (names are in order, so no object that lasts is missed); else the list starts over, and what was
                # yielded already is skipped by name.
                relists += 1
                token = str((error.body.get("metadata") or {}).get("continue") or "")
                skipping = not token
                continue
            page = _decode_page(answer.body)
            items = page.items or []
            if skipping:
                items = [item for item in items if self._is_new(item)]
            if items or not self.started or not page.metadata.continue_:
                yield self._evidence(answer, page, items, whole=not skipping)
            self.started = True
            if items:
                self._last = _key(items[-1])
                self._first += len(items)
            token = page.metadata.continue_
            if not token:
                return

    def _is_new(self, item: msgspec.Raw) -> bool:
        return self._last is None or _key(item) > self._last

    def _evidence(self, answer: Answer, page: _Page, items: list[msgspec.Raw], *, whole: bool) -> Evidence:
        body = answer.body
        if (self._resource.group, self._resource.plural) == ("", "secrets"):
            body = _list(page, [redact_secret_bytes(item) for item in items])
        elif not whole:
            body = _list(page, items)
        return Evidence.of(
            self.origin, body, "json", time=answer.time, listed=self.listed, first=self._first
        )


def _list(page: _Page, items: "list[bytes] | list[msgspec.Raw]") -> bytes:
    head: dict[str, Any] = {
        "kind": page.kind,
        "apiVersion": page.api_version,
        "metadata": {"resourceVersion": page.metadata.resource_version, "continue": page.metadata.continue_},
    }
    return msgspec.json.encode(head)[:-1] + b',"items":[' + b",".join(bytes(item) for item in items) + b"]}"


def _key(item: msgspec.Raw) -> tuple[bytes, bytes]:
    """The order of etcd's keys: namespace, then name, as bytes."""
    metadata = _decode_item(item).metadata
    return metadata.namespace.encode(), metadata.name.encode()
