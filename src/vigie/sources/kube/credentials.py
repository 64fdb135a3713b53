"""What a request carries to say who asks: tokens (fresh from their file), basic auth, exec plug-ins, impersonation."""

import base64
import datetime
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vigie.model.errors import VigieError
from vigie.sources.kube.kubeconfig import Access, Exec
from vigie.sources.media import printable
from vigie.sources.redaction import redact

_TOKEN_AGE = 60.0  # seconds; bound tokens are rotated on disk
_EXPIRY_MARGIN = 10.0
_PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Headers that identify, and the client certificate (PEM) that TLS needs; `serial` changes with the certificate."""

    headers: tuple[tuple[str, str], ...] = field(repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    serial: int = 0


class Credentials:
    """Keeps the identity of one access fresh. Safe to use from several threads."""

    def __init__(self, access: Access, as_user: str | None, as_groups: tuple[str, ...]) -> None:
        self._access = access
        self._impersonation = _impersonation(access, as_user, as_groups)
        self._lock = threading.Lock()
        self._identity: Identity | None = None
        self._until = 0.0
        self._serial = 0

    def identity(self) -> Identity:
        """The identity to use now; runs the plug-in or reads the token's file when the last one is too old.

        Raises VigieError if it cannot be had.
        """
        with self._lock:
            if self._identity is None or time.time() >= self._until:
                self._identity, self._until = self._fresh()
            return self._identity

    def refused(self, identity: Identity) -> bool:
        """Tell that the server answered 401 to `identity`; whether another try with a fresh one makes sense."""
        user = self._access.user
        with self._lock:
            if self._identity is not identity:
                return True  # another thread has renewed it already
            if user.exec is None and not user.token_file:
                return False
            self._identity = None
        return True

    def _fresh(self) -> tuple[Identity, float]:
        user = self._access.user
        self._serial += 1
        if user.exec is not None:
            return self._from_plugin(user.exec)
        until = float("inf")
        headers = list(self._impersonation)
        token = user.token
        if user.token_file:
            token, until = self._token_of_file(user.token_file), time.time() + _TOKEN_AGE
        if token:
            headers.append(("Authorization", f"Bearer {_header(token, self._access)}"))
        elif user.username:
            pair = base64.b64encode(f"{user.username}:{user.password}".encode()).decode("ascii")
            headers.append(("Authorization", f"Basic {pair}"))
        return Identity(tuple(headers), user.certificate, user.key, 0), until

    def _token_of_file(self, name: str) -> str:
        try:
            token = Path(name).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it holds no text"
            raise VigieError(f"the token file cannot be read ({reason.lower()})", where=printable(name)) from None
        if not token:
            raise VigieError("the token file is empty", where=printable(name), fix="renew the token")
        return token

    def _from_plugin(self, plugin: Exec) -> tuple[Identity, float]:
        status = _run(plugin, self._access)
        token = str(status.get("token") or "")
        certificate = str(status.get("clientCertificateData") or "").encode()
        key = str(status.get("clientKeyData") or "").encode()
        if not token and not (certificate and key):
            raise _plugin_error(plugin, self._access, "gave neither a token nor a client certificate with its key")
        headers = list(self._impersonation)
        if token:
            headers.append(("Authorization", f"Bearer {_header(token, self._access)}"))
        until = float("inf")
        if status.get("expirationTimestamp"):
            until = _instant(str(status["expirationTimestamp"]), plugin, self._access)
            if until <= time.time():
                what = f"gave credentials that expired at {str(status['expirationTimestamp'])[:40]}"
                raise _plugin_error(plugin, self._access, what)
            # Never so early that every request would run the plug-in again.
            until = max(until - _EXPIRY_MARGIN, time.time() + 1.0)
        return Identity(tuple(headers), certificate, key, self._serial), until


def _impersonation(access: Access, as_user: str | None, as_groups: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    user = access.user
    name = as_user or user.as_user
    groups = as_groups or user.as_groups
    if not name:
        if groups:
            raise VigieError("--as-group needs --as", where=access.where, fix="name the user to impersonate")
        return ()
    headers = [("Impersonate-User", name), *(("Impersonate-Group", group) for group in groups)]
    if user.as_uid and not as_user:
        headers.append(("Impersonate-Uid", user.as_uid))
    if not as_user:
        for key, values in user.as_extra.items():
            headers.extend((f"Impersonate-Extra-{key}", value) for value in values)
    for _, value in headers:
        _header(value, access)
    return tuple(headers)


def _header(value: str, access: Access) -> str:
    """`value`, if it can stand in a header: a token with a line break would smuggle headers in."""
    if not value.isascii() or not value.isprintable():
        what = "a token or user name holds bytes that no header may hold"
        raise VigieError(what, where=access.where, fix="repair it")
    return value


def _run(plugin: Exec, access: Access) -> dict[str, Any]:
    interactive = plugin.mode != "Never" and sys.stdin is not None and sys.stdin.isatty()
    if plugin.mode == "Always" and not interactive:
        raise _plugin_error(plugin, access, "wants to ask questions, and there is no terminal")
    spec: dict[str, Any] = {"interactive": interactive}
    if plugin.cluster_info is not None:
        spec["cluster"] = plugin.cluster_info
    told = {"apiVersion": plugin.version, "kind": "ExecCredential", "spec": spec}
    environment = {**os.environ, **plugin.env, "KUBERNETES_EXEC_INFO": json.dumps(told)}
    try:
        done = subprocess.run(
            [plugin.command, *plugin.args],
            env=environment,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if interactive else subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
        )
    except FileNotFoundError:
        raise _plugin_error(plugin, access, "is not installed", plugin.hint) from None
    except (OSError, ValueError) as error:
        raise _plugin_error(plugin, access, f"cannot be run ({getattr(error, 'strerror', None) or error})") from None
    except subprocess.TimeoutExpired:
        raise _plugin_error(plugin, access, f"did not end within {_PATIENCE:.0f} s") from None
    if done.returncode:
        words = (done.stderr or b"").decode("utf-8", "replace").strip().splitlines()
        said = f": {redact(words[-1])[:200]}" if words else ""
        raise _plugin_error(plugin, access, f"ended with {done.returncode}{said}")
    try:
        answer = json.loads(done.stdout)
        status = answer["status"]
        if answer["apiVersion"] != plugin.version or not isinstance(status, dict):
            raise KeyError("status")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _plugin_error(plugin, access, f"did not answer with an ExecCredential of {plugin.version}") from None
    return status


def _plugin_error(plugin: Exec, access: Access, what: str, hint: str = "") -> VigieError:
    fix = " ".join(hint.split())[:400] or "log in again with your provider's tool"
    return VigieError(
        printable(f"the credential plug-in {plugin.command!r} of user {access.user.name!r} {what}"),
        where=access.where,
        fix=printable(fix),
    )


def _instant(text: str, plugin: Exec, access: Access) -> float:
    try:
        instant = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise _plugin_error(plugin, access, f"gave an expirationTimestamp that is no time: {text[:40]!r}") from None
    return instant.replace(tzinfo=instant.tzinfo or datetime.UTC).timestamp()
