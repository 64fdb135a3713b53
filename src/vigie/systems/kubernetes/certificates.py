"""What clients say of a certificate that they do not accept, and which Secret holds the certificate of a Service."""

import re

from vigie.kit import Entity
from vigie.systems.kubernetes.kinds.config import Secret, keys

EXPIRED = re.compile(
    r"(?i)certificate has expired|certificate is not yet "
    r"valid|CERT_HAS_EXPIRED|CertificateExpiredException|CertificateNotYetValid|"
    r"certificate expired|NotTimeValid|certificate verify failed: certificate (?:has expired|is not yet valid)"
)
WRONG = re.compile(
    r"(?i)signed by unknown authority|unable to get (?:local )?issuer certificate|self[- ]signed certificate|"
    r"DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|unable to find valid "
    r"certification path|"
    r"certificate is (?:not )?valid for |doesn't contain any IP SANs|cannot validate certificate for|does not match "
    r"certificate|"
    r"ERR_TLS_CERT_ALTNAME_INVALID|No subject alternative (?:DNS )?names?|hostname mismatch|IP address mismatch|"
    r"hostname ['\"][^'\"]+['\"] does(?:n't| not) match|does not match (?:the )?(?:host ?name|server certificate)|"
    r"did not match expected CN|No name matching \S+ found|NotValidForName|not valid for (?:the )?name|"
    r"upstream SSL certificate does not match|"
    r"UntrustedRoot|RemoteCertificateNameMismatch|legacy Common Name|certificate is not trusted|no alternative "
    r"certificate subject name|"
    r"(?:tls|ssl): (?:bad certificate|unknown certificate authority)|x509: "
)
_PAIR = frozenset({"tls.crt", "tls.key"})


def complaint(text: str) -> str:
    """The class of a complaint about a certificate; "" for words that are none."""
    if EXPIRED.search(text):
        return "certificate-expired"
    return "certificate-wrong" if WRONG.search(text) else ""


def serving_secret(service: Entity) -> Entity | None:
    """The Secret with the certificate that the pods of a Service show: the one that they mount, if it is only one."""
    mounted: dict[Entity, None] = {}
    for edge in service.out("selects"):
        mounted.update((e.target, None) for e in edge.target.out("mounts") if e.target.kind == "Secret")
    pairs = [s for s in mounted if s[Secret.type] == "kubernetes.io/tls" or keys(s).issuperset(_PAIR)]
    chosen = pairs or [s for s in mounted if not s.read]
    return chosen[0] if len(chosen) == 1 else None
