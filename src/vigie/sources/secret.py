"""Secrets without their values: of each key the name and the size stay, the value is dropped at the source."""

import base64
import binascii
from typing import Any

import msgspec

SIZES = "vigie/sizes"
_COPIES = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "kapp.k14s.io/original",
    "kapp.k14s.io/original-diff",
    "objectset.rio.cattle.io/applied",
    "banzaicloud.com/last-applied",
)
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def redact_secret(secret: dict[str, Any]) -> dict[str, Any]:
    """A copy of a Secret whose data values are "", with their sizes in bytes as JSON in the annotation `vigie/sizes`.

    Annotations that hold a copy of the object (kubectl's last-applied, those of other appliers) are dropped. What
    was redacted before stays as it is.
    """
    sizes: dict[str, int] = {}
    kept = {key: value for key, value in secret.items() if key not in ("data", "stringData")}
    names: dict[str, str] = {}
    for field, size_of in (("data", _decoded_size), ("stringData", _text_size)):
        values = secret.get(field)
        if isinstance(values, dict):
            for key, value in values.items():
                names[key] = ""
                sizes[key] = size_of(value)
    if "data" in secret or "stringData" in secret:
        kept["data"] = names
    metadata = secret.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, dict) else {}
    found = metadata.get("annotations")
    annotations = dict(found) if isinstance(found, dict) else {}
    annotations = {key: value for key, value in annotations.items() if not _is_copy(key, value)}
    if any(sizes.values()) or SIZES not in annotations:
        annotations[SIZES] = _encode(dict(sorted(sizes.items()))).decode()
    metadata["annotations"] = annotations
    kept["metadata"] = metadata
    return kept


def redact_secret_bytes(raw: bytes | msgspec.Raw) -> bytes:
    """As `redact_secret`, from and to the JSON of one Secret; raises msgspec.DecodeError if it is no JSON object."""
    secret = _decode(raw)
    if not isinstance(secret, dict):
        raise msgspec.ValidationError("a Secret is an object")
    return _encode(redact_secret(secret))


def _decoded_size(value: Any) -> int:
    if not isinstance(value, str):
        return 0
    try:
        return len(base64.b64decode(value))
    except (binascii.Error, ValueError):
        return len(value)


def _text_size(value: Any) -> int:
    return len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else 0


def _is_copy(name: str, value: Any) -> bool:
    """Whether an annotation holds the object again: by its name, as JSON with data, or as base64 of gzip."""
    if name in _COPIES:
        return True
    if not isinstance(value, str):
        return False
    if value.startswith("H4sI"):
        return True
    return value.lstrip()[:1] == "{" and ('"data"' in value or '"stringData"' in value)
