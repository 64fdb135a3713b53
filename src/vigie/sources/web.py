"""A document or archive behind an http or https URL, fetched once, with the system's trust store."""

import base64
import email.message
import http.client
import ssl
import urllib.error
import urllib.parse
import urllib.request
from typing import IO

from vigie.model.errors import VigieError
from vigie.sources.archives import Blob, Found, read
from vigie.sources.limits import Budget, LimitError, variable
from vigie.sources.media import printable
from vigie.sources.spool import BLOCK, Spool

_REDIRECTS = 5
_AGENT = "vigie"


def read_url(url: str, budget: Budget) -> Found:
    """The evidence behind `url`; raises VigieError if it cannot be fetched whole.

    The origin is the URL without user and query, which may hold credentials.
    """
    parts = urllib.parse.urlsplit(url)
    origin = _shown(parts)
    headers = {"User-Agent": _AGENT, "Accept": "*/*"}
    # The scheme is http or https: the caller looked, and redirects are checked below.
    request = urllib.request.Request(_without_user(parts), headers=headers)  # noqa: S310
    if parts.username:
        user = urllib.parse.unquote(f"{parts.username}:{parts.password or ''}")
        # Unredirected: another host must not be told.
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode("ascii"))
    spool = Spool()
    try:
        with _opener().open(request, timeout=budget.limits.seconds) as response:
            _fetch(response, spool, origin, budget)
    except urllib.error.HTTPError as error:
        error.close()
        raise VigieError(f"the server answers {error.code} {printable(error.reason)}", where=origin, fix=_FIX) from None
    except urllib.error.URLError as error:
        raise VigieError(f"it cannot be fetched ({_reason(error.reason)})", where=origin, fix=_FIX) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise VigieError(f"it cannot be fetched ({_reason(error)})", where=origin, fix=_FIX) from None
    yield from read(Blob.of(origin, spool), budget)


_FIX = "check the URL, or fetch it yourself and give the file with -f"


def _fetch(response: http.client.HTTPResponse, spool: Spool, origin: str, budget: Budget) -> None:
    most = budget.limits.download
    expected = response.length
    try:
        while data := response.read(BLOCK):
            if spool.size + len(data) > most:
                raise VigieError(
                    f"it is larger than {most:,} bytes", where=origin, fix=f"set {variable('download')} higher"
                )
            budget.unpack(len(data))
            spool.write(data)
    except LimitError as limit:
        raise VigieError(str(limit), where=origin, fix=limit.how) from None
    if expected is not None and spool.size < expected:
        raise VigieError(f"the connection ended after {spool.size:,} of {expected:,} bytes", where=origin, fix=_FIX)


def _opener() -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _Redirects())


class _Redirects(urllib.request.HTTPRedirectHandler):
    """At most five redirects, to http and https only, and never from https back to http."""

    max_redirections = _REDIRECTS
    max_repeats = 2

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: email.message.Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        scheme = urllib.parse.urlsplit(newurl).scheme.lower()
        if scheme not in ("http", "https") or (req.type == "https" and scheme == "http"):
            fp.close()
            raise urllib.error.URLError(f"it redirects from {req.type} to {scheme or 'nowhere'}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _shown(parts: urllib.parse.SplitResult) -> str:
    return printable(urllib.parse.urlunsplit((parts.scheme, _host(parts), parts.path, "", "")))


def _without_user(parts: urllib.parse.SplitResult) -> str:
    return urllib.parse.urlunsplit((parts.scheme, _host(parts), parts.path, parts.query, ""))


def _host(parts: urllib.parse.SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _reason(error: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return printable(error.strerror.lower())
    return printable(str(error)) or type(error).__name__
