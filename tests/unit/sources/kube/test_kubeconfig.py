"""kubeconfig files as kubectl reads them, and what is wrong with one in one line."""

import base64
import json
import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.model.errors import VigieError
from vigie.sources.kube.kubeconfig import resolve


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def config(path: Path, *, current: str = "", user: dict | None = None, cluster: dict | None = None, name="c") -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.example:6443", **(cluster or {})}}],
        "users": [{"name": name, "user": user or {"token": f"token-{name}"}}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path


def test_one_file(tmp_path):
    access = resolve(str(config(tmp_path / "k", current="c")))
    assert (access.server, access.namespace, access.user.token) == ("https://c.example:6443", "ns-c", "token-c")
    assert "token-c" not in repr(access)


def test_the_home_directorys_file_is_the_default(tmp_path):
    config(tmp_path / "home/.kube/config", current="c")
    assert resolve().server == "https://c.example:6443"


def test_files_are_merged_and_the_first_wins(tmp_path, monkeypatch):
    one = config(tmp_path / "one", name="a")
    two = config(tmp_path / "two", name="b", current="b")
    three = config(tmp_path / "three", name="a", current="a", user={"token": "other"})
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, (one, tmp_path / "missing", two, three, one, ""))))
    assert resolve().server == "https://b.example:6443", "the first current-context wins"
    assert resolve(context="a").user.token == "token-a", "the first entry of a name wins"


def test_files_are_found_beside_their_kubeconfig(tmp_path):
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki/ca.crt").write_bytes(b"CA")
    (tmp_path / "pki/me.crt").write_bytes(b"CERT")
    user = {"client-certificate": "pki/me.crt", "client-key-data": base64.b64encode(b"KEY").decode(), "tokenFile": "t"}
    cluster = {"certificate-authority": "pki/ca.crt"}
    access = resolve(str(config(tmp_path / "k", current="c", user=user, cluster=cluster)))
    assert (access.ca, access.user.certificate, access.user.key) == (b"CA", b"CERT", b"KEY")
    assert access.user.token_file == str(tmp_path / "t")


def test_all_that_a_cluster_may_say(tmp_path):
    cluster = {"insecure-skip-tls-verify": True, "tls-server-name": "api", "proxy-url": "http://p:8080", "server": "http://x/y/"}
    access = resolve(str(config(tmp_path / "k", current="c", cluster=cluster)))
    assert (access.insecure, access.server_name, access.proxy, access.server) == (True, "api", "http://p:8080", "http://x/y")


def test_a_token_that_looks_like_a_number_stays_a_token(tmp_path):
    path = config(tmp_path / "k", current="c")
    path.write_text(path.read_text().replace("token: token-c", "token: 123456"))
    assert resolve(str(path)).user.token == "123456"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "no context is current"),
        ("a: [", r"k:1: this kubeconfig is not valid YAML"),
        ("- a", "not a kubeconfig"),
        ("kind: Pod", "not a kubeconfig"),
        ("contexts: 7\ncurrent-context: c", "`contexts` is not a list"),
        ("current-context: c", "there is no context 'c'; it has: none"),
        ("\x00", "not valid YAML"),
    ],
)
def test_a_malformed_file_is_one_line(tmp_path, text, line):
    (tmp_path / "k").write_text(text)
    with pytest.raises(VigieError, match=line) as raised:
        resolve(str(tmp_path / "k"))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"user": {"auth-provider": {"name": "gcp"}}}, "auth-provider 'gcp', which Kubernetes removed in 1.26"),
        ({"user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1"}}}, "has no command"),
        ({"user": {"exec": {"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"}}}, "v1alpha1"),
        ({"user": {"client-key-data": "%%%"}}, "`client-key-data` is not base64"),
        ({"user": {"client-certificate": "missing.crt"}}, "the client-certificate cannot be read"),
        ({"cluster": {"server": "c.example:6443"}}, "has no http"),
        ({"cluster": {"server": ""}}, "has no http"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, options, line):
    with pytest.raises(VigieError, match=line) as raised:
        resolve(str(config(tmp_path / "k", current="c", **options)))
    assert "\n" not in str(raised.value)


def test_missing_files_and_names(tmp_path):
    with pytest.raises(VigieError, match=r"missing: this kubeconfig cannot be read \(no such file"):
        resolve(str(tmp_path / "missing"))
    with pytest.raises(VigieError, match="there is no kubeconfig"):
        resolve()
    path = config(tmp_path / "k", current="c", name="production")
    with pytest.raises(VigieError, match="there is no context 'prodution'; did you mean 'production'"):
        resolve(str(path), "prodution")


def test_a_pods_service_account_is_used_inside_a_cluster(tmp_path, monkeypatch):
    from vigie.sources.kube import kubeconfig

    (tmp_path / "token").write_text("t")
    (tmp_path / "ca.crt").write_text("CA")
    (tmp_path / "namespace").write_text("shop\n")
    monkeypatch.setattr(kubeconfig, "_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    access = resolve()
    assert (access.server, access.namespace, access.ca) == ("https://[fd00::1]:6443", "shop", b"CA")
    assert access.user.token_file == str(tmp_path / "token")
    (tmp_path / "ca.crt").unlink()
    with pytest.raises(VigieError, match="service account cannot be read"):
        resolve()


def test_exec_plugins_are_told_about_the_cluster(tmp_path):
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "./bin/login",
        "args": ["--x", 1],
        "env": [{"name": "A", "value": "b"}],
        "installHint": "install\nit",
        "provideClusterInfo": True,
        "interactiveMode": "Never",
    }
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}
    cluster = {"certificate-authority-data": base64.b64encode(b"CA").decode(), "extensions": [extension]}
    found = resolve(str(config(tmp_path / "k", current="c", user={"exec": plugin}, cluster=cluster))).user.exec
    assert found is not None
    assert (found.command, found.args, found.env) == (str(tmp_path / "bin/login"), ("--x", "1"), {"A": "b"})
    assert found.cluster_info == {
        "server": "https://c.example:6443",
        "certificate-authority-data": base64.b64encode(b"CA").decode(),
        "config": {"audience": "x"},
    }


KEYS = st.sampled_from(
    [
        *("current-context", "contexts", "clusters", "users", "name", "context", "cluster", "user", "server", "token"),
        *("exec", "command", "args", "env", "apiVersion", "client-certificate-data", "certificate-authority", "as"),
        *("as-groups", "as-user-extra", "auth-provider", "extensions"),
    ]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


ENTRY = st.dictionaries(KEYS, ANY, max_size=6)
USER = st.one_of(ENTRY, st.fixed_dictionaries({"exec": ENTRY}))
CONTENT = st.builds(
    lambda context, cluster, user: {
        "contexts": [{"name": "c", "context": {**context, "cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://x", **cluster}}],
        "users": [{"name": "c", "user": user}],
    },
    ENTRY,
    ENTRY,
    USER,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.one_of(ENTRY, CONTENT))
def test_any_content_gives_an_access_or_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any-kubeconfig"
    path.write_text(json.dumps(content))
    for context in (None, "c"):
        try:
            resolve(str(path), context)
        except VigieError as error:
            assert "\n" not in str(error)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_any_bytes_give_an_access_or_one_line(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes-kubeconfig"
    path.write_bytes(data)
    try:
        resolve(str(path))
    except VigieError as error:
        assert "\n" not in str(error)
