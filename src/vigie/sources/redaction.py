"""Masking of credentials in text, for every excerpt of every output.

Two ways lead to a secret: its own shape (a JWT, an AWS key, a private key block) and what it is assigned to
(`DB_PASSWORD=...`, `"token": "..."`, `postgres://user:...@host`). Both are searched with patterns whose work is
linear in the text. What a diagnosis needs stays: addresses, names of objects, images and digests, error messages,
references to Secrets and their keys.
"""

import base64
import binascii
import re
from collections.abc import Callable

from vigie.sources.assigned import MASK, is_basic, mask_assignments

__all__ = ["MASK", "redact"]


def redact(text: str) -> str:
    """`text` with every credential that can be recognised replaced by MASK. Masked text is left as it is."""
    if len(text) < _SHORTEST:
        return text
    for step in _STEPS:
        text = step(text)
    return text


_SHORTEST = 6

_KEY_BLOCK = re.compile(
    r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----)"
    r".*?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----|\Z)",
    re.DOTALL,
)

# Shapes that are secrets wherever they stand. The look-behind keeps each pattern from starting inside a longer word.
_SHAPES = re.compile(
    r"(?<![A-Za-z0-9_.+/-])(?:"
    + "|".join(
        (
            r"eyJ[A-Za-z0-9_-]{8,}+\.(?:[A-Za-z0-9_-]{8,}+)?(?:\.[A-Za-z0-9_-]*+)*",  # JWT, JWE
            r"gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_[A-Za-z0-9_]{20,}+",
            r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_.-]{16,}+",
            r"xox[abceoprs](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}+|xapp-[A-Za-z0-9-]{10,}+",
            r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",  # AWS access key ids
            r"AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}+|GOCSPX-[A-Za-z0-9_-]{20,}+",
            r"[A-Za-z0-9_~.]{3}8Q~[A-Za-z0-9_~.-]{31,34}",  # Azure client secrets
            r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}+|whsec_[A-Za-z0-9+/=]{16,}+",
            r"sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{20,}+",
            r"SG\.[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}+",
            r"hv[sbr]\.[A-Za-z0-9_-]{20,}+|s\.[A-Za-z0-9]{24}(?![A-Za-z0-9.])",  # Vault
            r"npm_[A-Za-z0-9]{30,}+|pypi-[A-Za-z0-9_-]{30,}+|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}+",
            r"do[opr]_v1_[a-f0-9]{40,}+|dapi[a-f0-9]{32}|hf_[A-Za-z0-9]{30,}+|NRAK-[A-Z0-9]{20,}+",
            r"glsa_[A-Za-z0-9_]{30,}+|PMAK-[a-f0-9-]{50,}+|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
            r"AGE-SECRET-KEY-1[A-Z0-9]{40,}+|[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
        )
    )
    + r")"
)
_SLACK_HOOK = re.compile(r"(hooks\.slack\.com/(?:services|workflows|triggers)/)[A-Za-z0-9/_+-]++")
# `-----BEGIN ` in base64 begins like this, whatever follows.
_ENCODED_BLOCK = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]++={0,2}")
_BEARER = re.compile(r"(?i)\b(bearer|token|apikey|negotiate)([ \t]{1,4}|%20)([A-Za-z0-9+/=._~:-]{12,}+)")
_BASIC = re.compile(r"(?i)\b(basic)([ \t]{1,4}|%20)([A-Za-z0-9+/]{6,}+={0,2})")
_AUTHORIZATION = re.compile(
    r"(?i)\b((?:proxy-)?authorization|x-(?:api|auth)-(?:key|token)|x-amz-security-token|private-token|x-vault-token)"
    r"(\\*[\"']?\s{0,3}[:=]\s{0,3}\[?\\*[\"']?)((?:basic|bearer|digest|token|aws4-hmac-sha256|negotiate)[ \t]+)?"
    r"([^\s\"'\\\],]{4,}+)"
)
_COOKIE = re.compile(
    r"(?i)\b((?:set-)?cookie)(\\*[\"']?\s{0,3}:\s{0,3}\[?\\*[\"']?)([^\s\"'\\\]=]{1,200}=[^\r\n\"'\\\]]++)"
)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,20}://)([^\s\"'<>`\\]{3,4096})")
_DRIVER_DSN = re.compile(
    r"(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]{1,64}):([^\s:@\"'/(]{1,256})@(?=(?:tcp6?|udp|unix|tls)?\()"
)
_BARE_DSN = re.compile(
    r"(?<![A-Za-z0-9_./:-])([A-Za-z0-9_.-]{1,64}):([^\s:@\"'/,]{1,256})@(?!sha(?:256|512|384):)"
    r"(?=[A-Za-z0-9][A-Za-z0-9.-]{0,253}:\d{2,5}(?![\w.]))"
)
_PORTS = re.compile(r"[^:@]*(?::\d{0,5})?(?:,[^:@,]+(?::\d{1,5})?)*")


def _shapes(text: str) -> str:
    if "PRIVATE KEY" in text:
        text = _KEY_BLOCK.sub(rf"\1{MASK}\2", text)
    if "LS0tLS1CRUdJTi" in text:
        text = _ENCODED_BLOCK.sub(_encoded_block, text)
    text = _SLACK_HOOK.sub(rf"\1{MASK}", text)
    return _SHAPES.sub(MASK, text)


def _encoded_block(found: re.Match[str]) -> str:
    """Base64 of a PEM block: certificates are public and stay, keys do not."""
    head = found[0][:88]
    try:
        block = base64.b64decode(head[: len(head) // 4 * 4]).decode("latin-1")
    except binascii.Error:
        return MASK
    return found[0] if block.startswith(("-----BEGIN CERTIFICATE", "-----BEGIN PUBLIC")) else MASK


def _headers(text: str) -> str:
    text = _AUTHORIZATION.sub(lambda m: m[0] if m[4] == MASK else f"{m[1]}{m[2]}{m[3] or ''}{MASK}", text)
    text = _COOKIE.sub(rf"\1\2{MASK}", text)
    text = _BEARER.sub(_bearer, text)
    return _BASIC.sub(_basic, text)


def _bearer(found: re.Match[str]) -> str:
    value = found[3]
    # `Bearer realm="..."` is a server's challenge, `token authentication` and `token: ...` are prose.
    prose = "=" in value.rstrip("=") or not re.search(r"\d", value) or value.startswith((":", "/"))
    word = found[1].lower()
    if word in ("token", "apikey") and (len(value) < 20 or "/" in value or ":" in value or value.islower()):
        prose = True
    return found[0] if prose else f"{found[1]}{found[2]}{MASK}"


def _basic(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{MASK}" if is_basic(found[3]) else found[0]


def _urls(text: str) -> str:
    if "://" in text:
        text = _URL.sub(_url, text)
    if "@" in text:
        text = _DRIVER_DSN.sub(rf"\1:{MASK}@", text)
        text = _BARE_DSN.sub(rf"\1:{MASK}@", text)
    return text


def _url(found: re.Match[str]) -> str:
    """Mask the password of a URL's user part. A port, a digest or an "@" in the path is none of it."""
    scheme, rest = found[1], found[2]
    if "@" not in rest:
        return found[0]
    end = min((at for at in (rest.find(c) for c in "/?#") if at >= 0), default=len(rest))
    at = rest.rfind("@", 0, end)
    if at < 0:
        # No "@" before the path. `user:pass/word@host` is only told from `host:port/path@digest` by its port.
        if rest.startswith("[") or _PORTS.fullmatch(rest[:end]):
            return found[0]
        at = rest.rfind("@")
    user, colon, password = rest[:at].partition(":")
    if not colon:
        # A user alone is a name (`git@`) unless it looks like a token.
        secret = len(user) >= 16 and re.search(r"\d", user) and user != MASK
        return f"{scheme}{MASK}{rest[at:]}" if secret else found[0]
    if not password or password == MASK:
        return found[0]
    return f"{scheme}{user}:{MASK}{rest[at:]}"


_STEPS: tuple[Callable[[str], str], ...] = (_shapes, _urls, _headers, mask_assignments)
