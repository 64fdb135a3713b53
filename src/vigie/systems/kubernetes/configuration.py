"""Which setting of a container its last words refuse, and how that is said."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vigie.kit import Entity, Proof, Record, Signal
from vigie.systems.kubernetes import containers, dependencies, environment, files, mounts
from vigie.systems.kubernetes.environment import Setting
from vigie.systems.kubernetes.fixes import told
from vigie.systems.kubernetes.joins import dig, listed, words
from vigie.systems.kubernetes.kinds.network import Service
from vigie.systems.kubernetes.kinds.nodes import RuntimeClass
from vigie.systems.kubernetes.kinds.workloads import Container
from vigie.systems.kubernetes.mending import prefix

_UNREADABLE = (
    (re.compile(r"^container (?P<value>\S+) not found$"), "env", "valueFrom.resourceFieldRef.containerName"),
    (re.compile(r"unsupported container resource ?: ?(?P<value>\S+)"), "env", "valueFrom.resourceFieldRef.resource"),
    (
        re.compile(r"(?:(?:unsupported|invalid) fieldPath|field label not supported)\W+(?P<value>[-\w./\[\]']+)"),
        "env",
        "valueFrom.fieldRef.fieldPath",
    ),
    (re.compile(r"fieldPath .{1,80} does not support subscript|invalid .{0,40}subscript"), "env", "valueFrom.fieldRef"),
    (re.compile(r"missing value for \"(?P<value>[^\"]+)\""), "volumeMounts", "subPathExpr"),
    (re.compile(r"cannot find volume \"(?P<value>[^\"]+)\" to mount"), "volumeMounts", "name"),
    (re.compile(r"(?i)subPath .?(?P<value>[^`'\"\s]+).? (?:must not|: must not)"), "volumeMounts", "subPath"),
)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A field of a container's template from which the kubelet cannot make the container, and what it says of it."""

    part: str
    field: str
    why: str
    proofs: tuple[Proof, ...]


def unreadable(pod: Entity) -> Iterator[Unreadable]:
    """The containers that are not made, or end, because their template asks for what there is not.

    That is a container, a field or a resource of the pod that it does not have, or a file that no key gives.
    """
    for row in pod.rows(Container):
        said = (row[Container.waiting_message] or "").strip()
        if row[Container.waiting] != "CreateContainerConfigError":
            continue
        for pattern, listing, path in _UNREADABLE:
            if match := pattern.search(said):
                at = _asking(pod, containers.name(row), listing, path, match.groupdict().get("value") or "")
                yield Unreadable(
                    containers.name(row), f"{listing}[].{path}" if at is None else _short(at.field), said,
                    (row.proof(Container.waiting_message), *([at] if at is not None else [])),
                )  # fmt: skip
                break
    for one in files.missed(pod):
        if one.object is None:
            field = f'volumeMounts[name="{one.mount.get("name")}"]'
            yield Unreadable(one.part, field, f"its volume has no {one.path}", (one.proof,))


def unknown_handler(pod: Entity) -> Iterator[tuple[Entity, Signal, Proof]]:
    """The RuntimeClass of a pod whose handler the node's runtime does not know; not for a pod that has come further."""
    name = dig(pod.body, "spec", "runtimeClassName")
    told = pod.signals("runtime-handler-absent")
    if told and isinstance(name, str) and mounts.unstarted(pod):
        held = pod.graph.get("node.k8s.io/RuntimeClass", "", name)
        asked = Proof(pod, "spec.runtimeClassName", name, None, pod.pointer)
        yield held, told[-1], held.proof(RuntimeClass.handler) if held.read else asked


def _asking(pod: Entity, part: str, listing: str, path: str, value: str) -> Proof | None:
    """The field of a container that holds a value of which a message speaks; None where none does."""
    for number, held in enumerate(listed(containers.spec(pod, part), listing)):
        asked = dig(held, *path.split("."))
        if asked is not None and (not value or value in str(asked)):
            where = environment.template_path(pod, part, f"{listing}[{number}].{path}")
            return Proof(pod.holder, where, str(asked), None, pod.holder.pointer)
    return None


def _short(field: str) -> str:
    """The path of a field inside its container."""
    return field.partition("].")[2] or field


def change(setting: Setting) -> str:
    """What is to be changed: a key with its value, a word of the command, or a whole file."""
    if setting.file and (setting.value is None or "\n" in setting.value):
        return f"Mend what is wrong in {setting.field}"
    return f"Mend {setting.field}" if setting.key in setting.field else f"Mend {setting.key} in {setting.field}"


def why(record: Record, setting: Setting, part: str) -> str:
    """What the program says; where its words do not name the setting, that it refuses the setting."""
    said = told(record)
    value = setting.value or ""
    if ".hostAliases[" in setting.field:
        return f"{part} calls {setting.key}, which it sends to {value} and not to the Service of that name"
    if (value and value in record.text) or setting.key in record.text or not value or "\n" in value:
        return said
    return f'{part} does not accept "{setting.key} {value}"' if setting.file else f'{part} does not accept "{value}"'


def refused(pod: Entity, part: str, said: tuple[Record, ...]) -> tuple[Record, Setting] | None:
    """The newest complaint that quotes a setting of the container."""
    read = environment.settings(pod, part)
    for record in said:
        denied = environment.credential_refused(record.text, read) if record.trouble == "denied" else None
        if denied is not None:
            return record, denied
        if record.trouble in ("", "tls", "denied"):
            setting = environment.quoted(record.text, read) or environment.line_quoted(containers.around(record), read)
        else:
            setting = environment.value_refused(record.text, read)
        if setting is not None:
            return record, setting
    return None


def unserved(pod: Entity, part: str, said: tuple[Record, ...]) -> tuple[Record, Setting] | None:
    """A failed call to a Service on a port that it does not have, where a setting of the container names that port."""
    for failure in dependencies.failures(pod, said):
        target, port = failure.target, failure.address.port
        if failure.trouble not in ("refused", "timeout", "no-route") or target is None:
            continue
        if dependencies.serves(target, port) is not False:
            continue
        for setting in environment.settings(pod, part):
            if dependencies.names(pod, setting.value, target, port):
                return failure.record, setting
    return _shadowed(pod, part, said)


def _shadowed(pod: Entity, part: str, said: tuple[Record, ...]) -> tuple[Record, Setting] | None:
    """A failed call of a container that is told to call a Service by a name which its hostAliases give to another."""
    failed = next((r for r in said if r.trouble in ("refused", "timeout", "no-route", "tls")), None)
    told = [s.value.lower() for s in environment.settings(pod, part) if s.value and "\n" not in s.value]
    for number, alias in enumerate(listed(pod.body, "spec", "hostAliases") if failed is not None else ()):
        for name in words(alias, "hostnames"):
            service = pod.graph.resolve(name, near=pod) if any(name.lower() in value for value in told) else None
            if service is None or service.key != Service.key or not dependencies.serving(service):
                continue
            if failed is not None and alias.get("ip") not in (service[Service.ip], None):
                field = f"{prefix(pod.holder)}.hostAliases[{number}]"
                return failed, Setting(pod.holder, field, name, str(alias["ip"]))
    return None
