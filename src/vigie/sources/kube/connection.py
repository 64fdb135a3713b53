"""One HTTP/1.1 connection to an API server: TLS as the kubeconfig says, a proxy where one is set, keep-alive."""

import base64
import http.client
import os
import ssl
import tempfile
import threading
import urllib.parse
import urllib.request
from pathlib import Path

from vigie.model.errors import VigieError
from vigie.sources.kube.credentials import Identity
from vigie.sources.kube.kubeconfig import Access

CONNECT_SECONDS = 10.0


class _Https(http.client.HTTPSConnection):
    """HTTPS whose certificate is checked for `server_name` instead of the host that is dialled."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext, server_name: str, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._vigie_context = context
        self._server_name = server_name

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._vigie_context.wrap_socket(self.sock, server_hostname=self._server_name)


class Dialler:
    """Opens connections to the server of an access. The TLS context is made once for each client certificate."""

    def __init__(self, access: Access) -> None:
        self._access = access
        parts = urllib.parse.urlsplit(access.server)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if not parts.hostname or port == -1:
            raise VigieError(f"{access.server!r} is no server's address", where=access.where, fix="repair it")
        self.https = parts.scheme == "https"
        self.host = parts.hostname
        self.port = port or (443 if self.https else 80)
        self.prefix = parts.path.rstrip("/")
        self._proxy = _proxy(access, parts.scheme, f"{self.host}:{self.port}")
        self._context: ssl.SSLContext | None = None
        self._serial = -1
        self._lock = threading.Lock()

    def dial(self, identity: Identity, timeout: float) -> http.client.HTTPConnection:
        """A connection that is open; raises OSError (TLS errors included) or http.client.HTTPException."""
        wait = min(CONNECT_SECONDS, timeout)
        through = self._proxy
        host, port = (through.hostname or "", through.port or 80) if through else (self.host, self.port)
        connection: http.client.HTTPConnection
        if self.https:
            server_name = self._access.server_name or self.host
            connection = _Https(host, port, self._tls(identity), server_name, wait)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=wait)
        if through:
            connection.set_tunnel(self.host, self.port, headers=_proxy_headers(through))
        try:
            connection.connect()
            connection.sock.settimeout(timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def _tls(self, identity: Identity) -> ssl.SSLContext:
        with self._lock:
            if self._context is None or self._serial != identity.serial:
                self._context, self._serial = _context(self._access, identity), identity.serial
            return self._context


def _context(access: Access, identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif access.ca:
        try:
            context.load_verify_locations(cadata=access.ca.decode("ascii"))
        except (ssl.SSLError, UnicodeDecodeError, ValueError):
            what = "the certificate-authority is no PEM certificate"
            raise VigieError(what, where=access.where, fix="repair it") from None
    else:
        context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    if identity.certificate or identity.key:
        _load_pair(context, access, identity)
    return context


def _load_pair(context: ssl.SSLContext, access: Access, identity: Identity) -> None:
    """The standard library takes a certificate from files only; they live for this call, readable by us alone."""

    def no_password() -> str:
        raise ValueError("the client key is encrypted")

    with tempfile.TemporaryDirectory(prefix="vigie-") as folder:
        certificate, key = Path(folder) / "certificate", Path(folder) / "key"
        certificate.write_bytes(identity.certificate)
        key.touch(0o600)
        key.write_bytes(identity.key)
        try:
            context.load_cert_chain(certificate, key, password=no_password)
        except (ssl.SSLError, OSError, ValueError):
            raise VigieError(
                f"the client certificate and key of user {access.user.name!r} do not fit together or are no PEM",
                where=access.where,
                fix="write them into the kubeconfig again, the key without a password",
            ) from None


def _proxy(access: Access, scheme: str, address: str) -> urllib.parse.SplitResult | None:
    """The proxy of the kubeconfig, else that of the environment, which never applies to this machine itself."""
    url = access.proxy
    if not url:
        host = address.rpartition(":")[0]
        if host in ("localhost", "::1") or host.startswith("127.") or urllib.request.proxy_bypass(address):
            return None
        url = urllib.request.getproxies_environment().get(scheme, "")
        if not url:
            return None
    if "://" not in url:
        url = f"http://{url}"
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        what = f"a proxy of the kind {parts.scheme or '?'!r} cannot be used"
        raise VigieError(what, where=access.where, fix="give an http:// proxy")
    return parts


def _proxy_headers(proxy: urllib.parse.SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = urllib.parse.unquote(f"{proxy.username}:{proxy.password or ''}")
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


def platform() -> str:
    """The operating system and machine, for the User-Agent: "linux/x86_64"."""
    name = os.uname()
    return f"{name.sysname.lower()}/{name.machine}"
