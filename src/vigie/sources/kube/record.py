"""A live reading written to files, in a layout that `-f DIRECTORY` reads back."""

import os
import re
import urllib.parse
from pathlib import Path
from typing import BinaryIO

import msgspec

from vigie.model.evidence import Evidence, Gap

_LOG = re.compile(r"/api/v1/namespaces/([^/]+)/pods/([^/]+)/log\?(.*)")
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_END = b"]}\n"


class _Page(msgspec.Struct):
    kind: str = "List"
    api_version: str = msgspec.field(default="v1", name="apiVersion")
    items: list[msgspec.Raw] | None = None


def save(found: Evidence | Gap, directory: str | os.PathLike[str]) -> Path:
    """Write one piece of a live reading below `directory`, and return the file.

    Pages of a list go into one List (`api/v1/pods.json`), logs to `logs/NAMESPACE/POD/CONTAINER[.previous].log`, and a
    gap to `NAME-errors.json` beside where the list would be. Files are readable by their owner only. Raises ValueError
    if the origin is none of the API's, msgspec.DecodeError if a list is none.
    """
    path = Path(directory) / _place(found)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if isinstance(found, Gap):
        lines = msgspec.json.decode(path.read_bytes(), type=list[str]) if path.exists() else []
        with _private(path) as file:
            file.write(msgspec.json.encode([*lines, found.what]))
    elif found.media == "log":
        with _private(path) as file, found.open() as stream:
            while data := stream.read(1 << 20):
                file.write(data)
    else:
        with found.open() as stream:
            page = msgspec.json.decode(stream.read(), type=_Page)
        _append(path, page, continued=found.first > 0)
    return path


def _append(path: Path, page: _Page, *, continued: bool) -> None:
    items = b",\n".join(bytes(item) for item in page.items or ())
    if not continued or not path.exists():
        head = msgspec.json.encode({"kind": page.kind, "apiVersion": page.api_version})[:-1] + b',"items":[\n'
        with _private(path) as file:
            file.write(head + items + _END)
        return
    with path.open("r+b") as file:
        file.seek(-len(_END), os.SEEK_END)
        file.write((b",\n" if items else b"") + items + _END)


def _private(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "wb")


def _place(found: Evidence | Gap) -> Path:
    log = _LOG.fullmatch(found.origin)
    if log:
        query = dict(urllib.parse.parse_qsl(log[3]))
        suffix = ".previous" if query.get("previous") == "true" else ""
        parts = ["logs", log[1], log[2], query.get("container", "") + suffix + ".log"]
    else:
        parts = found.origin.strip("/").split("/")
        parts[-1] += ".json"
    if isinstance(found, Gap):
        parts[-1] = parts[-1].rpartition(".")[0] + "-errors.json"
    parts = [urllib.parse.unquote(part) for part in parts]
    # Names come from a server: none may lead elsewhere.
    if not all(_PART.fullmatch(part) for part in parts):
        raise ValueError(f"{found.origin!r} is no path of the API")
    return Path(*parts)
