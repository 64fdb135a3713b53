"""What clients of many languages say of a certificate."""

import pytest

from vigie.systems.kubernetes import certificates


@pytest.mark.parametrize(
    "text",
    [
        "x509: certificate has expired or is not yet valid: current time 2026-11-22T14:20:00Z is after 2025-01-10T00:00:00Z",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)",
        "Error: certificate has expired { code: 'CERT_HAS_EXPIRED' }",
        "java.security.cert.CertificateExpiredException: NotAfter: Fri Jan 10 00:00:00 UTC 2025",
        "curl: (60) SSL certificate problem: certificate has expired",
    ],
)
def test_expired(text: str) -> None:
    assert certificates.complaint(text) == "certificate-expired"


@pytest.mark.parametrize(
    "text",
    [
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        "x509: certificate is valid for localhost, not guard.policy.svc",
        "x509: certificate relies on legacy Common Name field, use SANs instead",
        "certificate verify failed: unable to get local issuer certificate (_ssl.c:1006)",
        "sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target",
        "Error: self-signed certificate in certificate chain",
        "The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot",
        "Hostname/IP does not match certificate's altnames",
    ],
)
def test_wrong(text: str) -> None:
    assert certificates.complaint(text) == "certificate-wrong"


@pytest.mark.parametrize("text", ["connection refused", "certificate rotated", "tls handshake timeout", ""])
def test_no_complaint(text: str) -> None:
    assert certificates.complaint(text) == ""
