"""The configuration that a container reads: its environment, its arguments and its mounted files, with their "
"sources."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vigie.kit import Entity, Proof
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.joins import dig, listed, once, words


@dataclass(frozen=True, slots=True)
class Setting:
    """One key and value that a container reads. `at` is the object to change; `field` where in it they stand.

    `value` is None where it is not kept (Secrets). `file` is the path at which a container finds it, if it is in one.
    """

    at: Entity
    field: str
    key: str
    value: str | None
    file: str = ""

    def prove(self) -> Proof:
        shown = self.value if self.value is None or len(self.value) <= 200 else self.value[:200]
        return Proof(self.at, self.field, shown, None, self.at.pointer)


def settings(pod: Entity, part: str) -> tuple[Setting, ...]:
    """Everything that a container of a pod reads as configuration."""
    read: dict[tuple[Entity, str], tuple[Setting, ...]] = once(pod.graph, "settings", dict)
    if (pod, part) not in read:
        spec = containers.spec(pod, part)
        read[pod, part] = (*_variables(pod, spec), *_wholes(pod, spec), *_arguments(pod, spec), *_files(pod, spec))
    return read[pod, part]


def _data(source: Entity) -> dict[str, str | None]:
    """The keys of a ConfigMap with their values, those of a Secret without."""
    if source.kind == "Secret":
        held = source.body.get("data")
        return dict.fromkeys(map(str, held)) if isinstance(held, dict) else {}
    held = source.body.get("data")
    return {str(k): v for k, v in held.items() if isinstance(v, str)} if isinstance(held, dict) else {}


def _variables(pod: Entity, spec: dict[str, Any]) -> Iterator[Setting]:
    for number, variable in enumerate(listed(spec, "env")):
        name = str(variable.get("name", ""))
        if isinstance(variable.get("value"), str):
            yield Setting(pod.holder, _template(pod, spec, f"env[{number}].value"), name, variable["value"])
            continue
        for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            reference = dig(variable, "valueFrom", field)
            if isinstance(reference, dict) and reference.get("name"):
                source = pod.near(kind, str(reference["name"]))
                key = str(reference.get("key", ""))
                value = _data(source).get(key)
                yield Setting(source, f'data["{key}"]', name, value)
                if key != name:
                    yield Setting(source, f'data["{key}"]', key, value)


def _wholes(pod: Entity, spec: dict[str, Any]) -> Iterator[Setting]:
    for whole in listed(spec, "envFrom"):
        for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            reference = whole.get(field)
            if isinstance(reference, dict) and reference.get("name"):
                source = pod.near(kind, str(reference["name"]))
                for key, value in _data(source).items():
                    yield Setting(source, f'data["{key}"]', f"{whole.get('prefix', '')}{key}", value)


def _arguments(pod: Entity, spec: dict[str, Any]) -> Iterator[Setting]:
    for field in ("command", "args"):
        given = words(spec, field)
        for number, word in enumerate(given):
            where = _template(pod, spec, f"{field}[{number}]")
            flag, equal, value = word.partition("=")
            if flag.startswith("-") and equal:
                yield Setting(pod.holder, where, flag, value)
            elif word.startswith("-"):
                following = (
                    given[number + 1] if number + 1 < len(given) and not given[number + 1].startswith("-") else None
                )
                yield Setting(pod.holder, where, word, following)
            elif number and len(word) >= 3 and not any(c.isspace() for c in word):
                yield Setting(pod.holder, where, f"{field}[{number}]", word)


def _template(pod: Entity, spec: dict[str, Any], rest: str) -> str:
    return template_path(pod, str(spec.get("name", "")), rest)


def template_path(pod: Entity, part: str, rest: str) -> str:
    """The path of a container's field in the object that holds the template."""
    root = {"Pod": "spec", "CronJob": "spec.jobTemplate.spec.template.spec"}.get(pod.holder.kind, "spec.template.spec")
    return f'{root}.containers[name="{part}"].{rest}'


def _files(pod: Entity, spec: dict[str, Any]) -> Iterator[Setting]:
    volumes = {str(v.get("name")): v for v in listed(pod.body, "spec", "volumes")}
    for mount in listed(spec, "volumeMounts"):
        volume = volumes.get(str(mount.get("name")), {})
        for kind, source in _sources(volume):
            entity = pod.near(kind, str(source.get("name") or source.get("secretName")))
            data = _data(entity)
            paths = {str(i.get("key")): str(i.get("path")) for i in listed(source, "items")}
            for key, value in data.items():
                if paths and key not in paths:
                    continue
                yield from _file(entity, key, value, _place(mount, paths.get(key, key)))


def _sources(volume: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for held in (volume, *listed(volume, "projected", "sources")):
        for kind, field in (("ConfigMap", "configMap"), ("Secret", "secret")):
            source = held.get(field)
            if isinstance(source, dict) and (source.get("name") or source.get("secretName")):
                yield kind, source


def _place(mount: dict[str, Any], path: str) -> str:
    root = str(mount.get("mountPath", "")).rstrip("/")
    return root if mount.get("subPath") == path else f"{root}/{path}"


_LINE = re.compile(
    r"""^\s*(?:-\s+)?(?:export\s+)?["']?([A-Za-z_][\w.\-/]*)["']?\s*(?:[=:]\s*|\s+)(\S.*?)?\s*[,;{]?\s*$"""
)


def _file(source: Entity, key: str, content: str | None, place: str) -> Iterator[Setting]:
    """A mounted key as a file, and each line of it that sets something."""
    field = f'data["{key}"]'
    yield Setting(source, field, key, content, place)
    for line in (content or "").splitlines()[:2000]:
        match = _LINE.match(line)
        if match and not line.lstrip().startswith(("#", "//", ";")):
            yield Setting(source, field, match[1], (match[2] or "").strip("\"'"), place)


_COMPLAINT = re.compile(
    r"""(?ix)invalid|missing|required|not\sset|unset|unknown|unexpected|unsupported|malformed|illegal|\bbad\b|pars(?:e|ing)|syntax|
    unrecogni[sz]ed|not\s(?:a\s)?valid|must\s(?:be|not)|placeholder|no\ssuch\s(?:option|file|key|column|setting)|out\sof\srange|\bwant\b|expected|
    not\sdefined|undefined|KeyError|is\sempty|cannot\sbe\sempty|directive|not\sallowed|misconfigur|configuration|wrong|could\snot\s(?:load|read|convert)|
    cannot\s(?:load|read|convert|unmarshal|find)|deprecated|duplicate|not\sfound|does\snot\sexist|NumberFormatException|ValueError|IllegalArgument"""
)
_GENERIC = frozenset(
    [
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "none",
        "null",
        "http",
        "https",
        "tcp",
        "udp",
        "info",
        "debug",
        "warn",
        "error",
        "name",
        "value",
        "key",
        "type",
        "default",
    ]
)
_TEXT = frozenset(
    [
        "mode",
        "name",
        "host",
        "port",
        "user",
        "level",
        "path",
        "file",
        "data",
        "time",
        "type",
        "http",
        "https",
        "url",
        "env",
        "app",
        "service",
        "server",
    ]
)


def quoted(text: str, read: tuple[Setting, ...]) -> Setting | None:
    """The setting that a complaint names most plainly: by its file, its key, its value; None where it names none."""
    if not _COMPLAINT.search(text):
        return None
    best: tuple[int, int, Setting] | None = None
    for number, setting in enumerate(read):
        score = _weight(text, setting)
        if score >= 2 and (best is None or (score, -number) > best[:2]):
            best = (score, -number, setting)
    return best[2] if best else None


_QUOTED = re.compile(r"""(?:^|[\s>(:=])(?:"([^"\n]{4,200})"|'([^'\n]{4,200})'|`([^`\n]{4,200})`)""", re.MULTILINE)


def line_quoted(text: str, read: tuple[Setting, ...]) -> Setting | None:
    """The setting of which a complaint quotes the whole line, as it stands in a mounted file or in the arguments."""
    if not _COMPLAINT.search(text):
        return None
    told = {_bare(next(filter(None, match.groups()))) for match in _QUOTED.finditer(text)}
    for setting in read:
        if setting.value and "\n" not in setting.value:
            value = _bare(setting.value)
            pairs = {f"{setting.key.lstrip('-')}{between}{value}" for between in (" ", "=", ": ", " = ")}
            if told & pairs or (setting.key.startswith(("args[", "command[")) and value in told):
                return setting
    return None


def _bare(text: str) -> str:
    """A quoted line without the quotes in it and the dashes before it, its words one space apart."""
    return " ".join(text.replace('"', "").replace("'", "").split()).lstrip("-")


def value_refused(text: str, read: tuple[Setting, ...]) -> Setting | None:
    """The setting whose value a server that did answer refuses by name: `database "x" does not exist`."""
    for setting in read:
        value = setting.value or ""
        if not 2 <= len(value) <= 200 or "\n" in value or value.lower() in _GENERIC:
            continue
        own = rf"""["'`]{re.escape(value)}["'`]"""
        if re.search(rf"(?i){own} (?:does not exist|is not (?:a )?(?:valid|known|supported))", text):
            return setting
        if re.search(rf"(?i)(?:unknown|invalid|unsupported|no such) [\w-]+:? {own}", text):
            return setting
    return None


_DENIED_USER = re.compile(
    r"""(?ix)(?:authentication\sfailed\sfor|access\sdenied\sfor|login\sfailed\sfor|invalid\scredentials\sfor)\s(?:the\s)?user
    \s*[:=]?\s*["'`]?([\w.@+-]+)|user\s["'`]([\w.@+-]+)["'`]\s(?:failed\sauthentication|cannot\slog\sin)"""
)
_PASSWORD = re.compile(r"(?i)pass(?:word|wd|phrase)?|pwd|secret|token|credential")
_USER = re.compile(r"(?i)user|login|account|role")


def credential_refused(text: str, read: tuple[Setting, ...]) -> Setting | None:
    """The password with which a server refuses a user that a complaint names, where it is plain which one that is.

    The user must be one of the container's own settings, or be kept beside the password; and there must be one
    password for it: the only one, or the only one whose name begins as the user's does.
    """
    match = _DENIED_USER.search(text)
    if match is None:
        return None
    user = match[1] or match[2]
    passwords = {(s.at, s.field): s for s in read if _PASSWORD.search(s.key) and not s.file}
    named = [s for s in read if s.value == user and not s.file] or [
        s for s in read if s.value is None and _USER.search(s.key) and any(p.at == s.at for p in passwords.values())
    ]
    if not named:
        return None
    if len(passwords) > 1:
        near = [s for s in passwords.values() if any(_stem(s.key) == _stem(u.key) for u in named)]
        return near[0] if len({(s.at, s.field) for s in near}) == 1 else None
    return next(iter(passwords.values()), None)


def _stem(key: str) -> str:
    """The beginning of a key, before what says whether it is a user or a password."""
    return _USER.split(_PASSWORD.split(key)[0])[0].rstrip("_-.").lower()


def linked(pod: Entity, text: str) -> tuple[str, Entity] | None:
    """The variable that Kubernetes itself sets for a Service of the namespace, where a complaint quotes its value."""
    match = re.search(r"\b(?:tcp|udp|sctp)://([\d.]+):(\d+)", text)
    if match is None or dig(pod.body, "spec", "enableServiceLinks") is False:
        return None
    for service in pod.graph.all("Service"):
        if service.namespace == pod.namespace and dig(service.body, "spec", "clusterIP") == match[1]:
            return f"{service.name.upper().replace('-', '_')}_PORT", service
    return None


def _weight(text: str, setting: Setting) -> int:
    score = 3 if setting.file and len(setting.file) > 5 and setting.file in text else 0
    key, value = setting.key.lstrip("-"), setting.value or ""
    alone = rf"(?<![\w./-]){re.escape(key)}(?![\w/-]|\.\w)"
    named = len(key) >= 3 and key.lower() not in _TEXT and re.search(alone, text)
    told = 0 < len(value) <= 200 and "\n" not in value and value.lower() not in _GENERIC
    quotes = told and re.search(rf"""["'`‘“«\[(]{re.escape(value)}["'`’”»\])]""", text)
    plain = told and named and re.search(rf"(?<![\w.-]){re.escape(value)}(?![\w-])", text)
    whole = setting.file and "\n" in (setting.value or "")
    if named and not whole:
        score += 2
    if quotes and len(value) >= 2:
        score += 2
    elif plain:
        score += 1
    return score
