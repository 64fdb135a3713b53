"""Who asks: tokens, plug-ins and impersonation, against a server that records the headers."""

import base64
import datetime
import io
import json
import stat
import sys

import pytest

from tests.unit.sources.kube.fake import fake, refusal
from vigie.model.errors import VigieError


def last_headers(api):
    return api.seen[-1][1]


def plugin(tmp_path, body, **options):
    """The user entry of an exec plug-in that runs `body` in Python."""
    path = tmp_path / "plugin"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(path), **options}}


def credential(**status):
    return {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}


def test_basic_auth(tmp_path):
    with fake(tmp_path, {}) as api:
        api.write(username="me", password="pa:ss")
        api.connect().close()
        assert last_headers(api)["Authorization"] == "Basic " + base64.b64encode(b"me:pa:ss").decode()


def test_impersonation(tmp_path):
    with fake(tmp_path, {}) as api:
        api.connect(as_user="jane", as_groups=("dev", "ops")).close()
        headers = last_headers(api)
        assert headers["Impersonate-User"] == "jane"
        assert headers["Authorization"] == "Bearer secret-token"
        with pytest.raises(VigieError, match="--as-group needs --as"):
            api.connect(as_groups=("dev",))
        api.write(**{"token": "t", "as": "joe", "as-uid": "7", "as-user-extra": {"scopes": ["view"]}})
        api.connect().close()
        headers = last_headers(api)
        assert (headers["Impersonate-User"], headers["Impersonate-Uid"]) == ("joe", "7")
        assert headers["Impersonate-Extra-scopes"] == "view"


@pytest.mark.parametrize("user", [{"token": "a\r\nX-Evil: 1"}, {"token": "t", "as": "a\nb"}, {"token": "é"}])
def test_nothing_is_smuggled_into_headers(tmp_path, user):
    with fake(tmp_path, {}) as api:
        api.write(**user)
        with pytest.raises(VigieError, match="no header may hold"):
            api.connect()
        assert not api.seen


def test_a_token_file_is_read_again_when_it_is_refused(tmp_path):
    (tmp_path / "token").write_text("old\n")
    with fake(tmp_path, {"/api": [refusal(401, "Unauthorized"), refusal(401, "Unauthorized")]}) as api:
        api.write(tokenFile="token")
        cluster = api.connect()
        (tmp_path / "token").write_text("new\n")
        with pytest.raises(VigieError, match="401"):
            list(cluster.lists())
        cluster.close()
        assert [headers["Authorization"] for _, headers in api.seen] == ["Bearer old", "Bearer old", "Bearer new"]
        (tmp_path / "token").write_text("")
        with pytest.raises(VigieError, match="the token file is empty"):
            api.connect()
        (tmp_path / "token").unlink()
        with pytest.raises(VigieError, match="the token file cannot be read"):
            api.connect()


def test_a_plugin_is_run_once_and_told_who_asks(tmp_path):
    body = f"""
told = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
assert told["kind"] == "ExecCredential" and told["spec"]["cluster"]["server"].startswith("http://127")
assert sys.argv[1:] == ["login"] and os.environ["EXTRA"] == "1"
open({str(tmp_path / "runs")!r}, "a").write("x")
print(json.dumps({credential(token="from-plugin")!r}))
"""
    options = {"args": ["login"], "env": [{"name": "EXTRA", "value": "1"}], "provideClusterInfo": True}
    with fake(tmp_path, {}) as api:
        api.write(**plugin(tmp_path, body, **options))
        cluster = api.connect()
        assert list(cluster.lists())
        cluster.close()
        assert {headers["Authorization"] for _, headers in api.seen} == {"Bearer from-plugin"}
    assert (tmp_path / "runs").read_text() == "x"


def test_a_plugin_is_run_again_when_its_token_expires_or_is_refused(tmp_path):
    counter = tmp_path / "count"
    counter.write_text("0")
    body = f"""
count = int(open({str(counter)!r}).read()) + 1
open({str(counter)!r}, "w").write(str(count))
answer = {credential(token="t")!r}
answer["status"]["token"] += str(count)
print(json.dumps(answer))
"""
    with fake(tmp_path, {"/version": [refusal(401), refusal(401)]}) as api:
        api.write(**plugin(tmp_path, body))
        with pytest.raises(VigieError, match="401"):
            api.connect()
        assert [headers["Authorization"] for _, headers in api.seen] == ["Bearer t1", "Bearer t2"]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("sys.exit('no ticket')", "ended with 1: no ticket"),
        ("print('password=hunter2Zz', file=sys.stderr); sys.exit(3)", r"ended with 3: password=\*\*\*HIDDEN\*\*\*"),
        ("print('hello')", "did not answer with an ExecCredential"),
        ("print('{}')", "did not answer with an ExecCredential"),
        (f"print(json.dumps({credential()!r}))", "neither a token nor a client certificate"),
        (f"print(json.dumps({credential(clientCertificateData='x')!r}))", "neither a token nor a client certificate"),
        (
            f"print(json.dumps({credential(token='t', expirationTimestamp='2020-01-01T00:00:00Z')!r}))",
            "expired at 2020-01-01T00:00:00Z",
        ),
        (f"print(json.dumps({credential(token='t', expirationTimestamp='soon')!r}))", "no time: 'soon'"),
    ],
)
def test_a_plugin_that_fails_is_one_line(tmp_path, body, line):
    with fake(tmp_path, {}) as api:
        api.write(**plugin(tmp_path, body))
        with pytest.raises(VigieError, match=line) as raised:
            api.connect()
        assert "\n" not in str(raised.value)
        assert str(api.kubeconfig) in str(raised.value)
        assert not api.seen


def test_a_future_expiry_is_accepted(tmp_path):
    later = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with fake(tmp_path, {}) as api:
        api.write(**plugin(tmp_path, f"print(json.dumps({credential(token='t', expirationTimestamp=later)!r}))"))
        api.connect().close()
        assert last_headers(api)["Authorization"] == "Bearer t"


def test_a_plugin_that_is_missing_tells_how_to_install_it(tmp_path):
    entry = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-login", "installHint": "get\nit here"}
    with fake(tmp_path, {}) as api:
        api.write(exec=entry)
        with pytest.raises(VigieError, match="plug-in 'no-such-login' of user 'u' is not installed; get it here"):
            api.connect()


def test_a_plugin_that_must_ask_needs_a_terminal(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with fake(tmp_path, {}) as api:
        api.write(**plugin(tmp_path, "raise SystemExit(9)", interactiveMode="Always"))
        with pytest.raises(VigieError, match="wants to ask questions, and there is no terminal"):
            api.connect()


def test_secrets_are_not_in_the_errors_or_the_repr(tmp_path):
    with fake(tmp_path, {"/version": refusal(401)}) as api:
        with pytest.raises(VigieError) as raised:
            api.connect()
        assert "secret-token" not in str(raised.value)
        assert "secret-token" in json.dumps([headers for _, headers in api.seen])
