"""The files that ConfigMaps and Secrets give a container, and those that it looks for and is not given."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vigie.kit import Entity, Proof, Record, Row
from vigie.systems.kubernetes import containers, mounts
from vigie.systems.kubernetes.joins import dig, listed, once
from vigie.systems.kubernetes.kinds.config import keys
from vigie.systems.kubernetes.kinds.workloads import Container

_OBJECTS = (("ConfigMap", "configMap"), ("Secret", "secret"))
_WRITTEN = (
    ("downwardAPI", "path"),
    ("serviceAccountToken", "path"),
    ("clusterTrustBundle", "path"),
    ("podCertificate", "keyPath"),
    ("podCertificate", "certificateChainPath"),
    ("podCertificate", "credentialBundlePath"),
)
_VARIABLE = re.compile(r"\$\(([A-Za-z_][\w.-]*)\)")
_FIELDS = {"metadata.name": "name", "metadata.namespace": "namespace"}


@dataclass(frozen=True, slots=True)
class Source:
    """One ConfigMap or Secret of a volume: `items` are the paths of its keys, empty where all come as they are."""

    object: Entity
    items: dict[str, str]
    optional: bool

    def paths(self) -> frozenset[str]:
        """The files that it gives."""
        held = keys(self.object)
        return frozenset(path for key, path in self.items.items() if key in held) if self.items else held


@dataclass(frozen=True, slots=True)
class Missed:
    """A file that a container is not given. `object` lacks it as `key`, or is not there (`key` ""); None where the
    pod's template asks for what the object has under another path. `named`: the proof names the file.
    """

    part: str
    path: str
    mount: dict[str, Any]
    object: Entity | None
    key: str
    proof: Proof
    named: bool


def missed(pod: Entity) -> tuple[Missed, ...]:
    """The files without which containers of a pod end, or cannot be started; each once."""
    read: dict[Entity, tuple[Missed, ...]] = once(pod.graph, "files missed", dict)
    if pod not in read:
        found: dict[tuple[str, str], Missed] = {}
        for one in _missed(pod):
            found.setdefault((one.part, one.path), one)
        read[pod] = tuple(found.values())
    return read[pod]


def _missed(pod: Entity) -> Iterator[Missed]:
    volumes = {str(v.get("name")): v for v in listed(pod.body, "spec", "volumes")}
    for placed in mounts.misplaced(pod):
        for path, source in _unfilled(pod, placed.part, placed.mount, volumes):
            yield _of(placed.part, path, placed.mount, source, placed.proof, True)
    for row in pod.rows(Container):
        for text, proof in _started(row):
            yield from _absent(pod, row, text, proof, volumes)
    for row in containers.ended(pod):
        code = int(row[Container.exit] or 0)
        if code and code <= 128 and containers.own_end(row):
            for record in _last(containers.words(pod, row)):
                yield from _absent(pod, row, record.text, record.prove(), volumes)
            yield from _directories(pod, row, volumes)


def _directories(pod: Entity, row: Row, volumes: dict[str, Any]) -> Iterator[Missed]:
    """The mounts of one file in whose place the kubelet made an empty directory, for the volume does not have it.

    A container that ends with other words may do so for another reason.
    """
    part = row[Container.name] or ""
    said = containers.words(pod, row)
    for mount in listed(containers.spec(pod, part), "volumeMounts"):
        place = str(mount.get("mountPath", "")).rstrip("/")
        proof = next((record.prove() for record in _last(said) if _speaks(record, place)), None)
        if proof is None and (said or not place):
            continue
        for path, source in _unfilled(pod, part, mount, volumes):
            yield _of(part, path, mount, source, proof or row.proof(Container.exit), proof is not None)


_EITHER = re.compile(r"(?i)using (?:the )?(?:built-?in |internal )?defaults?|fall(?:ing)? ?back|skipp|ignor|optional")


def _last(said: tuple[Record, ...]) -> Iterator[Record]:
    """What of a program's last words may say why it ended: nothing before a call that failed, and no mere remark."""
    for record in said:
        if record.level not in _MINOR and not _EITHER.search(record.text):
            yield record
        if record.trouble:
            return


_NO_FILE = re.compile(r"(?i)is a directory|isadirectory|\bEISDIR\b|not a (?:regular )?file|expected a file")
_PATH = re.compile(r"(?<![\w.$}-])(/[\w.@+-]+(?:/[\w.@+-]+)+)")


def _speaks(record: Record, place: str) -> bool:
    """Whether a program's last words are about the file in a place: they name it, or a directory and no path."""
    if _names(record.text, place):
        return True
    paths = _PATH.findall("\n".join(line.text for line in record.lines if not line.frame))
    return bool(_NO_FILE.search(record.text)) and not paths


def _names(text: str, place: str) -> bool:
    name = place.rpartition("/")[2]
    if re.search(rf"(?<![\w./-]){re.escape(place)}(?![\w-]|\.\w)", text):
        return True
    return "." in name and bool(re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w-]|\.\w)", text))


_ABSENT = re.compile(
    r"(?i)no such file|\bENOENT\b|file ?not ?found|cannot find the (?:file|path)|does not exist|doesn't exist|"
    r"(?:cannot|can't|could not|couldn't|failed to|unable to) (?:open|read|load|find|access|stat)|not found"
)
_STARTS = ("RunContainerError", "CreateContainerError")
_MINOR = ("info", "debug", "warn")


def _started(row: Row) -> Iterator[tuple[str, Proof]]:
    """What a runtime says of a start that failed, each with its proof."""
    if row[Container.waiting] in _STARTS:
        yield row[Container.waiting_message] or "", row.proof(Container.waiting_message)
    if row[Container.ended] in ("StartError", "ContainerCannotRun"):
        yield row[Container.end_message] or "", row.proof(Container.end_message)


def _absent(pod: Entity, row: Row, text: str, proof: Proof, volumes: dict[str, Any]) -> Iterator[Missed]:
    """The files of a mounted ConfigMap or Secret that a message says are not there, and that it does not give."""
    if not _ABSENT.search(text):
        return
    part = row[Container.name] or ""
    listing = listed(containers.spec(pod, part), "volumeMounts")
    for path in dict.fromkeys(one.rstrip(".") for one in _PATH.findall(text)):
        over = [m for m in listing if path.startswith(str(m.get("mountPath", "")).rstrip("/") + "/")]
        mount = max(over, key=lambda m: len(str(m.get("mountPath"))), default=None)
        if mount is None or mount.get("subPath") or mount.get("subPathExpr"):
            continue
        rest = path.removeprefix(str(mount["mountPath"]).rstrip("/") + "/")
        for source in _lacking(pod, volumes.get(str(mount.get("name")), {}), rest):
            yield _of(part, rest, mount, source, proof, True)


def _unfilled(
    pod: Entity, part: str, mount: dict[str, Any], volumes: dict[str, Any]
) -> Iterator[tuple[str, Source | None]]:
    """The path in its volume that a mount of one file asks for and that the volume does not have."""
    path = _path(pod, part, mount)
    for source in _lacking(pod, volumes.get(str(mount.get("name")), {}), path) if path else ():
        yield path, source


def _path(pod: Entity, part: str, mount: dict[str, Any]) -> str:
    """The path in its volume that a mount shows, "" for the whole volume and where it cannot be told."""
    path = str(mount.get("subPath") or "")
    if mount.get("subPathExpr"):
        known: dict[str, str] = {}
        for variable in listed(containers.spec(pod, part), "env"):
            field = _FIELDS.get(str(dig(variable, "valueFrom", "fieldRef", "fieldPath")), "")
            value = getattr(pod, field) if field else variable.get("value")
            if isinstance(value, str):
                known[str(variable.get("name"))] = value
        path = _VARIABLE.sub(lambda m: known.get(m[1], m[0]), str(mount["subPathExpr"]))
    steps = [step for step in path.split("/") if step not in ("", ".", "..data")]
    return "" if "$(" in path else "/".join(steps)


def _lacking(pod: Entity, volume: dict[str, Any], path: str) -> list[Source | None]:
    """Whose lack it is that a volume does not have a path: a source, None for the volume's own list; [] if it has it.

    Also [] where it cannot be told, for a source was not read or is none of Kubernetes' own.
    """
    held = _sources(pod, volume)
    if held is None:
        return []
    sources, written = held
    if any(source.object.exists is None for source in sources):
        return []
    there = written.union(*(source.paths() for source in sources))
    if any(one == path or one.startswith(path + "/") for one in there):
        return []
    gone = [source for source in sources if source.object.exists is False]
    for source in gone:
        if source.optional and (not source.items or path in source.items.values()):
            return [source]
    if gone:
        return []
    asked = [s for s in sources if path in s.items.values()]
    whole = asked or [s for s in sources if not s.items and "/" not in path]
    return [whole[0]] if len(whole) == 1 else [None]


def _sources(pod: Entity, volume: dict[str, Any]) -> tuple[list[Source], frozenset[str]] | None:
    """The ConfigMaps and Secrets of a volume and what else is written into it; None for a volume of another type."""
    sources: list[Source] = []
    written: set[str] = set()
    listing = listed(volume, "projected", "sources")
    for held in listing or [volume]:
        for kind, field in _OBJECTS:
            source = held.get(field)
            name = (source.get("name") or source.get("secretName")) if isinstance(source, dict) else None
            if isinstance(source, dict) and name:
                items = {str(i.get("key")): str(i.get("path")) for i in listed(source, "items")}
                sources.append(Source(pod.near(kind, str(name)), items, source.get("optional") is True))
        for field, place in _WRITTEN if listing else ():
            source = held.get(field)
            if isinstance(source, dict):
                written.update(str(i.get("path")) for i in listed(source, "items"))
                written.add(str(source.get(place) or ""))
    return (sources, frozenset(written - {""})) if sources else None


def _of(
    part: str, path: str, mount: dict[str, Any], source: Source | None, proof: Proof, named: bool
) -> Missed:
    if source is None:
        return Missed(part, path, mount, None, "", proof, named)
    key = next((key for key, at in source.items.items() if at == path), path)
    return Missed(part, path, mount, source.object, "" if source.object.exists is False else key, proof, named)
