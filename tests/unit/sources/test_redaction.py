"""No planted secret survives, and nothing that a diagnosis needs is lost."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.sources.redaction import MASK, redact

S = "hunter2Zz9"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
LONG = "4f1bC9dE27aA55bb" * 3

PLANTED = [
    # environment, flags, configuration files
    f"DB_PASSWORD={S}",
    f"export REDIS_PASS='{S}'",
    f"PGPASSWORD={S} psql -h db",
    f"AWS_SECRET_ACCESS_KEY={S}",
    f"STRIPE_API_KEY={S}",
    f"JWT_SECRET_2={S}",
    f"password: {S}",
    f"  token: {S}",
    f"MYSQL_ROOT_PASSWORD: {S}",
    f"password: correct horse {S}",
    f'password = "{S} and {S}"',
    f"spring.datasource.password={S}",
    f"requirepass {S}",
    f"--password={S}",
    f"--password {S}",
    f"--api-key {S}",
    f'["--password","{S}"]',
    f"- --token={S}",
    # JSON, JSON in JSON, prints of Go
    f'{{"password":"{S}"}}',
    f'{{"clientSecret": "{S}", "x": 1}}',
    f'{{"apiKey":"a \\"quoted\\" {S}"}}',
    f'{{\\"password\\":\\"{S}\\"}}',
    f'{{\\\\\\"password\\\\\\":\\\\\\"{S}\\\\\\"}}',
    f"map[password:{S} user:x]",
    f"EnvVar{{Name:API_TOKEN,Value:{S},ValueFrom:nil,}}",
    f'{{"name":"DB_PASSWORD","value":"{S}"}}',
    f"- name: DB_PASSWORD\n  value: {S}",
    f'{{"password":"{S}',
    # URLs, connection strings
    f"postgres://app:{S}@db.shop:5432/cart",
    f"amqp://guest:{S}@mq:5672//",
    f"redis://:{S}@redis:6379/0",
    f"mongodb+srv://u:{S}@cluster0.example.net/x",
    f"https://u:p/{S}@host/x",
    f"https://u:p@{S}@host/x",
    f"https://{LONG}@github.example/x.git",
    f"https://x/y?access_token={S}&page=1",
    f"https://account.blob.example/c?sv=1&sig={S}%3D&se=2",
    f"jdbc:mysql://db/x?user=a&password={S}",
    f"app:{S}@tcp(db.shop:3306)/cart",
    f"root:{S}@10.0.0.3:3306",
    f"Server=db;Password={S};User=x",
    f"Server=db;Pwd={S};",
    f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={S}==;EndpointSuffix=x",
    f"host=db user=app password={S} sslmode=disable",
    f"password={S},host=db:5432",
    f"ALTER USER app IDENTIFIED BY '{S}'",
    # headers
    f"Authorization: Bearer {S}abcdef123",
    f"authorization: Token {S}",
    "Authorization: Basic " + base64.b64encode(f"me:{S}".encode()).decode(),
    f"got header X-Api-Key: {S}",
    f"Cookie: sid={S}; theme=dark",
    f"Set-Cookie: sid={S}; Path=/",
    f'{{"Authorization":["Bearer {S}abcdef"]}}',
    f'curl -H "Authorization: Bearer {S}abcdef" https://x',
    # keys and configuration of clients
    f"-----BEGIN RSA PRIVATE KEY-----\n{S}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN PRIVATE KEY-----\\n{S}\\n-----END PRIVATE KEY-----",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{S}",
    f"client-key-data: {S}{S}",
    f'{{"auths":{{"r.example":{{"auth":"{base64.b64encode(f"u:{S}".encode()).decode()}"}}}}}}',
]
SHAPED = [
    JWT,
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2_" * 10,
    "glpat-" + "a1B2" * 5,
    "xoxb-1234567890-abcdefghij",
    "AKIA" + "IOSFODNN7EXAMPLE",
    "AIza" + "a1B2c" * 7,
    "sk_live_" + "a1B2" * 6,
    "sk-ant-api03-" + "a1B2" * 8,
    "SG." + "a1B2" * 5 + "." + "a1B2" * 8,
    "hvs." + "a1B2" * 6,
    "npm_" + "a1B2" * 9,
    "hf_" + "a1B2" * 9,
    "hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXX",
    base64.b64encode(b"-----BEGIN RSA PRIVATE KEY-----\nMIIEow").decode(),
]
STAY = [
    # Kubernetes speaks of Secrets
    'MountVolume.SetUp failed for volume "tls" : secret "cart-tls" not found',
    "secretName: cart-tls",
    "secret: cart-tls",
    "secret: default-token-x7k2p",
    '"secret":{"secretName":"cart-tls","optional":false}',
    "secretKeyRef: {key: password, name: db}",
    "couldn't find key password in Secret shop/db",
    'Error: secret "db" not found',
    'failed to get secret: secrets "x" not found',
    'secrets "db" is forbidden: User "x" cannot get resource "secrets"',
    'failed to sync secret cache: timed out waiting for the condition',
    'msg="Secret not found" secret="shop/cart-tls"',
    "DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false",
    "serviceAccountToken:\n  path: token",
    "automountServiceAccountToken: false",
    "tokenExpirationSeconds: 3600",
    "checksum/secret: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "key: tls.crt",
    # programs explain themselves
    "sh: DB_PASSWORD: unbound variable",
    "DB_PASSWORD: parameter not set",
    "missing required environment variable: DB_PASSWORD",
    "env API_TOKEN not set",
    "failed to read token: open /var/run/secrets/tokens/token: no such file or directory",
    'FATAL: password authentication failed for user "cart"',
    "invalid token: signature mismatch",
    "error: token: token is expired",
    "Token: must be set",
    "unexpected token: }",
    "basic authentication failed",
    "no basic auth credentials",
    "authentication required: invalid credentials",
    "max_tokens=512",
    "DB_PASSWORD_FILE=/run/secrets/db",
    "--token-auth-file=/etc/kubernetes/tokens.csv",
    "--tls-private-key-file=/etc/tls/tls.key",
    "password: $(DB_PASSWORD)",
    "password: ${DB_PASSWORD}",
    "password: {{ .Values.password }}",
    'password: ""',
    "token: null",
    "PWD=/app",
    # addresses, images, identities
    "dial tcp 10.0.0.1:5432: connect: connection refused",
    "dial tcp: lookup cart-db.shop.svc.cluster.local on 10.96.0.10:53: no such host",
    "postgres://app@db.shop:5432/cart",
    "http://user-svc:8080/path@v1",
    "http://[::1]:8080/x@y",
    "mongodb://h1:27017,h2:27017/db",
    "git@github.example:org/repo.git",
    "registry.example:5000/shop/cart@sha256:" + "0123456789abcdef" * 4,
    "nginx:1.25@sha256:" + "ad5f" * 16,
    "docker-pullable://registry.example:5000/shop/cart@sha256:" + "0123456789abcdef" * 4,
    "containerd://" + "0123456789abcdef" * 4,
    "uid: 0d1e2f3a-aaaa-bbbb-cccc-0123456789ab",
    'resourceVersion: "123456789"',
    "pod-template-hash=5d4b8c7f9d",
    'Bearer realm="https://auth.registry.example/token",service="registry.example"',
    "x509: certificate signed by unknown authority",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU").decode(),
    "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found.",
]


@pytest.mark.parametrize("text", PLANTED)
def test_no_planted_secret_survives(text):
    masked = redact(text)
    assert S not in masked
    assert LONG not in masked
    assert MASK in masked
    assert redact(masked) == masked, "masking twice changes nothing"


@pytest.mark.parametrize("text", SHAPED)
def test_secrets_are_known_by_their_shape(text):
    for around in ("{}", "value is {} here", '"{}"', "x={},y", "<{}>"):
        assert text.rpartition("/")[2] not in redact(around.format(text))


@pytest.mark.parametrize("text", STAY)
def test_what_a_diagnosis_needs_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize("text", STAY)
def test_what_stays_stays_beside_a_secret(text):
    masked = redact(f"{text}\nDB_PASSWORD={S}\n{text}")
    assert S not in masked
    assert masked.split("\n")[0] == text.split("\n")[0]


def test_the_rest_of_a_line_stays():
    assert redact(f"dial postgres://app:{S}@db.shop:5432/cart?sslmode=off: connection refused") == (
        f"dial postgres://app:{MASK}@db.shop:5432/cart?sslmode=off: connection refused"
    )
    assert redact(f"host=db password={S} sslmode=disable") == f"host=db password={MASK} sslmode=disable"
    assert redact(f"password={S},host=db:5432") == f"password={MASK},host=db:5432"
    assert redact(f'{{"password":"{S}","host":"db"}}') == f'{{"password":"{MASK}","host":"db"}}'
    assert redact(f"https://x/y?access_token={S}&page=1") == f"https://x/y?access_token={MASK}&page=1"


PIECES = [
    *("=", ":", " ", '"', "\\", "'", "\n", "@", "://", "/", "-", "a", "Bearer ", "cookie: ", "--", S),
    *("password", "token", "secret", "value", "name", "auth", "sha256:", "tcp(", ":5432"),
]


@settings(deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)))
def test_no_text_before_it_hides_a_secret_or_costs_a_line_after_it(text):
    masked = redact(f"{text}\nDB_PASSWORD={S}\n{STAY[0]}")
    *_, assignment, after = masked.split("\n")
    assert S not in assignment
    assert after == STAY[0]


@pytest.mark.parametrize(
    "unit",
    [
        *(['password:', 'eyJ-', '"', '\\"password\\":\\"', 'http://a:b@', 'a:b@', 'a-', '\\', 'LS0tLS1CRUdJTi']),
        "bearer ",
        "name=TOKEN value=",
    ],
)
def test_hostile_text_does_not_make_the_work_explode(unit):
    """A pattern that backtracks would need hours for this; a linear one a fraction of a second."""
    redact(unit * (200_000 // len(unit)))
