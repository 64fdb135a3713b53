"""kubeconfig files: found, merged and resolved as kubectl does it, down to one cluster, one user and one namespace."""

import base64
import binascii
import difflib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from vigie.model.errors import VigieError
from vigie.sources.media import printable

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_MOST = 8 << 20


@dataclass(frozen=True, slots=True)
class Exec:
    """A credential plug-in: the program, its arguments and environment, and what it is told."""

    command: str
    args: tuple[str, ...]
    env: dict[str, str]
    version: str
    hint: str
    mode: str
    cluster_info: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class User:
    """Who asks: at most one of the ways is used, in the order of kubectl. Secret fields are kept out of `repr`."""

    name: str = ""
    token: str = field(default="", repr=False)
    token_file: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    exec: Exec | None = None
    as_user: str = ""
    as_uid: str = ""
    as_groups: tuple[str, ...] = ()
    as_extra: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """One resolved context. `ca` is PEM, empty for the system's trust store; `where` names what a message is about."""

    name: str
    server: str
    namespace: str
    user: User
    ca: bytes = b""
    insecure: bool = False
    server_name: str = ""
    proxy: str = ""
    where: str = ""


def resolve(kubeconfig: str | None = None, context: str | None = None) -> Access:
    """The access that `--kubeconfig` (or KUBECONFIG, ~/.kube/config, a pod's service account) and `--context` name.

    Raises VigieError when there is none, or it is malformed.
    """
    files = _files(kubeconfig)
    if not files:
        if kubeconfig is None and context is None and (inside := _in_cluster()):
            return inside
        raise VigieError(
            "there is no kubeconfig, so no cluster to read",
            fix="give --kubeconfig, set KUBECONFIG, or read files with -f",
        )
    config = _Config([_load(path) for path in files], os.pathsep.join(map(str, files)))
    return config.access(context)


def _files(kubeconfig: str | None) -> list[Path]:
    if kubeconfig:
        return [Path(kubeconfig).expanduser()]
    listed = os.environ.get("KUBECONFIG", "")
    names = [Path(name) for name in listed.split(os.pathsep) if name]
    if not listed:
        names = [Path("~/.kube/config").expanduser()]
    return list(dict.fromkeys(path for path in names if path.exists()))


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    content: dict[str, Any]


def _load(path: Path) -> _File:
    where = printable(str(path))
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST)
        content = yaml.safe_load(data)
    except OSError as error:
        raise VigieError(
            f"this kubeconfig cannot be read ({(error.strerror or '').lower()})", where=where, fix="check the path"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise VigieError("this kubeconfig is not valid YAML", where=where + line, fix="repair it") from None
    if content is None:
        content = {}
    if not isinstance(content, dict) or content.get("kind", "Config") != "Config":
        raise VigieError("this is not a kubeconfig", where=where, fix="give a file with clusters, users and contexts")
    return _File(path, content)


class _Config:
    """Several files as one: of entries with one name, and of current-context, the first file's wins."""

    def __init__(self, files: list[_File], where: str) -> None:
        self._files = files
        self._where = printable(where)
        self._clusters = self._named("clusters", "cluster")
        self._users = self._named("users", "user")
        self._contexts = self._named("contexts", "context")

    def access(self, context: str | None) -> Access:
        """Resolve `context`, or the current one."""
        current = (str(file.content.get("current-context") or "") for file in self._files)
        name = context or next((one for one in current if one), "")
        if not name:
            raise self._error("no context is current", "choose one with --context or `kubectl config use-context`")
        _, chosen = self._pick(self._contexts, "context", name)
        at, cluster = self._pick(self._clusters, "cluster", _text(chosen.get("cluster")))
        user_name = _text(chosen.get("user"))
        user = User()
        if user_name:
            user_at, entry = self._pick(self._users, "user", user_name)
            user = self._user(user_name, user_at, entry, cluster)
        server = _text(cluster.get("server")).rstrip("/")
        if not server.startswith(("https://", "http://")):
            raise self._error(f"cluster {_text(chosen.get('cluster'))!r} has no http(s) server", "repair its `server`")
        ca = self._data(at, cluster, "certificate-authority")
        return Access(
            name=_text(chosen.get("cluster")),
            server=server,
            namespace=_text(chosen.get("namespace")) or "default",
            user=user,
            ca=ca,
            insecure=cluster.get("insecure-skip-tls-verify") is True,
            server_name=_text(cluster.get("tls-server-name")),
            proxy=_text(cluster.get("proxy-url")),
            where=self._where,
        )

    def _named(self, plural: str, singular: str) -> dict[str, tuple[Path, dict[str, Any]]]:
        found: dict[str, tuple[Path, dict[str, Any]]] = {}
        for file in self._files:
            entries = file.content.get(plural) or []
            if not isinstance(entries, list):
                raise VigieError(f"`{plural}` is not a list", where=printable(str(file.path)), fix="repair it")
            for entry in entries:
                inner = entry.get(singular) if isinstance(entry, dict) else None
                if isinstance(entry, dict) and isinstance(inner or {}, dict):
                    found.setdefault(_text(entry.get("name")), (file.path, inner or {}))
        return found

    def _pick(self, among: dict[str, tuple[Path, dict[str, Any]]], what: str, name: str) -> tuple[Path, dict[str, Any]]:
        if name in among:
            return among[name]
        near = difflib.get_close_matches(name, among, 1)
        names = ", ".join(sorted(among)[:8]) or "none"
        raise self._error(f"there is no {what} {name!r}", f"did you mean {near[0]!r}?" if near else f"it has: {names}")

    def _user(self, name: str, at: Path, entry: dict[str, Any], cluster: dict[str, Any]) -> User:
        provider = entry.get("auth-provider")
        if provider:
            kind = _text(provider.get("name")) if isinstance(provider, dict) else ""
            raise self._error(
                f"user {name!r} uses the auth-provider {kind!r}, which Kubernetes removed in 1.26",
                "let your provider's tool write an exec plug-in into the kubeconfig",
            )
        token_file = _text(entry.get("tokenFile"))
        return User(
            name=name,
            token=_text(entry.get("token")),
            token_file=str(at.parent / token_file) if token_file else "",
            username=_text(entry.get("username")),
            password=_text(entry.get("password")),
            certificate=self._data(at, entry, "client-certificate"),
            key=self._data(at, entry, "client-key"),
            exec=self._exec(name, at, entry["exec"], cluster) if entry.get("exec") else None,
            as_user=_text(entry.get("as")),
            as_uid=_text(entry.get("as-uid")),
            as_groups=tuple(map(_text, _list(entry.get("as-groups")))),
            as_extra=_extra(entry.get("as-user-extra")),
        )

    def _exec(self, name: str, at: Path, entry: Any, cluster: dict[str, Any]) -> Exec:
        if not isinstance(entry, dict) or not _text(entry.get("command")):
            raise self._error(f"the exec plug-in of user {name!r} has no command", "repair it")
        version = _text(entry.get("apiVersion"))
        if version not in ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"):
            raise self._error(
                f"the exec plug-in of user {name!r} speaks {version or 'no version'!r}",
                "let your provider's tool write it anew: client.authentication.k8s.io/v1 is spoken",
            )
        command = _text(entry["command"])
        if "/" in command and not command.startswith("/"):
            command = str(at.parent / command)
        pairs = [pair for pair in _list(entry.get("env")) if isinstance(pair, dict)]
        return Exec(
            command=command,
            args=tuple(map(_text, _list(entry.get("args")))),
            env={_text(pair.get("name")): _text(pair.get("value")) for pair in pairs},
            version=version,
            hint=_text(entry.get("installHint")).strip(),
            mode=_text(entry.get("interactiveMode")) or "IfAvailable",
            cluster_info=self._cluster_info(at, cluster) if entry.get("provideClusterInfo") is True else None,
        )

    def _cluster_info(self, at: Path, cluster: dict[str, Any]) -> dict[str, Any]:
        info: dict[str, Any] = {"server": _text(cluster.get("server"))}
        ca = self._data(at, cluster, "certificate-authority")
        for key, value in (
            ("tls-server-name", _text(cluster.get("tls-server-name"))),
            ("insecure-skip-tls-verify", cluster.get("insecure-skip-tls-verify") is True),
            ("certificate-authority-data", base64.b64encode(ca).decode("ascii")),
            ("proxy-url", _text(cluster.get("proxy-url"))),
        ):
            if value:
                info[key] = value
        for extension in _list(cluster.get("extensions")):
            if isinstance(extension, dict) and extension.get("name") == "client.authentication.k8s.io/exec":
                info["config"] = extension.get("extension")
        return info

    def _data(self, at: Path, entry: dict[str, Any], name: str) -> bytes:
        """`NAME-data` in base64, else the file that `NAME` gives, relative to its kubeconfig."""
        inline = _text(entry.get(f"{name}-data"))
        if inline:
            try:
                return base64.b64decode("".join(inline.split()), validate=True)
            except (binascii.Error, ValueError):
                raise self._error(f"`{name}-data` is not base64", "repair it") from None
        path = _text(entry.get(name))
        if not path:
            return b""
        try:
            return (at.parent / path).read_bytes()
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or "it is no path").lower()
            what = f"the {name} cannot be read ({reason})"
            raise VigieError(what, where=printable(path), fix="check the path") from None

    def _error(self, what: str, fix: str) -> VigieError:
        return VigieError(printable(what), where=self._where, fix=printable(fix))


def _extra(extra: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(extra, dict):
        return {}
    return {_text(key): tuple(map(_text, value)) for key, value in extra.items() if isinstance(value, list)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """A scalar as text; YAML makes numbers of tokens and names that look like one."""
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _in_cluster() -> Access | None:
    """The access of a pod through its service account, if this process runs in one."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    token = _ACCOUNT / "token"
    if not host or not token.exists():
        return None
    try:
        ca = (_ACCOUNT / "ca.crt").read_bytes()
        namespace = (_ACCOUNT / "namespace").read_text().strip()
    except OSError as error:
        reason = (error.strerror or "").lower()
        what = f"the pod's service account cannot be read ({reason})"
        raise VigieError(what, where=str(_ACCOUNT), fix="mount it, or give --kubeconfig") from None
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    user = User(name="service account", token_file=str(token))
    return Access("in-cluster", server, namespace or "default", user, ca=ca, where=str(_ACCOUNT))
