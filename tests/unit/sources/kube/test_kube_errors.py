"""Whatever an API server does wrong is one line, and the rest of the reading goes on."""

import json
import threading
import time

import pytest

from tests.unit.sources.kube.fake import Answer, fake, pod_list, refusal, resources
from vigie.model.errors import VigieError
from vigie.model.evidence import Evidence, Gap, Listed
from vigie.sources.kube import client


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """The waits between tries are counted, not slept."""
    slept: list[float] = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    return slept


def lists(api, **options):
    """Evidence and gaps of a reading."""
    cluster = api.connect(**options)
    try:
        found = list(cluster.lists())
    finally:
        cluster.close()
    gaps = [one for one in found if isinstance(one, Gap)]
    assert all("\n" not in gap.what for gap in gaps)
    return [one for one in found if isinstance(one, Evidence)], gaps


def names(evidence):
    return [item["metadata"]["name"] for one in evidence for item in json.loads(one.open().read())["items"]]


def test_pages_are_followed(tmp_path):
    with fake(tmp_path, {"/api/v1/pods": [pod_list("a", "b", token="t=1"), pod_list("c")]}) as api:
        evidence, gaps = lists(api)
    assert not gaps
    assert [(one.origin, one.first, one.listed) for one in evidence] == [
        ("/api/v1/pods", 0, Listed("", "Pod", None)),
        ("/api/v1/pods", 2, Listed("", "Pod", None)),
    ]
    assert names(evidence) == ["a", "b", "c"]
    assert api.paths("/api/v1/pods") == ["/api/v1/pods?limit=500", "/api/v1/pods?limit=500&continue=t%3D1"]
    assert all(one.time for one in evidence)
    agents = {headers["User-Agent"] for _, headers in api.seen}
    assert all(agent.startswith("vigie/") for agent in agents)
    assert {headers["Authorization"] for _, headers in api.seen} == {"Bearer secret-token"}


@pytest.mark.parametrize(
    ("status", "fix"), [(401, "log in again"), (500, "try again"), (503, "try again"), (418, "try again")]
)
def test_a_server_that_refuses_at_once_is_one_error(tmp_path, status, fix):
    with fake(tmp_path, {"/version": refusal(status, "not today")}) as api:
        with pytest.raises(VigieError, match=f"the server answers {status}: not today; {fix}") as raised:
            api.connect()
        assert raised.value.where == api.url


def test_a_page_that_is_no_api_is_told(tmp_path):
    with fake(tmp_path, {"/version": Answer(b"<html>log in</html>", headers={"Content-Type": "text/html"})}) as api:
        with pytest.raises(VigieError, match="no Kubernetes API"):
            api.connect()
    with fake(tmp_path, {"/api": Answer(b"<html>log in</html>")}) as api:
        with pytest.raises(VigieError, match="no Kubernetes API"):
            lists(api)


def test_a_server_that_is_not_there(tmp_path):
    with fake(tmp_path, {}) as api:
        pass
    with pytest.raises(VigieError, match=r"cannot be reached \(connection refused\)"):
        api.connect()


def test_a_server_that_hangs_is_given_up(tmp_path):
    release = threading.Event()
    with fake(tmp_path, {"/version": Answer(act=lambda _: release.wait(10))}) as api:
        with pytest.raises(VigieError, match=r"did not answer within 0\.3 s"):
            api.connect(request_timeout=0.3)
        release.set()


def test_a_hanging_list_costs_itself_and_a_dead_server_is_not_asked_forever(tmp_path):
    release = threading.Event()

    def hang(_):
        release.wait(10)

    kinds = [(f"kind{n}s", f"Kind{n}", False) for n in range(12)]
    script = {f"/api/v1/{plural}": Answer(act=hang) for plural, _, _ in kinds}
    with fake(tmp_path, {"/api/v1": resources(*kinds), **script}) as api:
        evidence, gaps = lists(api, request_timeout=0.3)
        release.set()
    assert not evidence
    assert len(gaps) == 12
    assert {gap.listed.kind for gap in gaps} == {kind for _, kind, _ in kinds}
    assert sum("stopped answering" in gap.what for gap in gaps) >= 6
    assert sum("did not answer within" in gap.what for gap in gaps) >= 3


def test_one_hanging_list_among_good_ones(tmp_path):
    release = threading.Event()
    script = {
        "/api/v1": resources(("nodes", "Node", False), ("pods", "Pod", True)),
        "/api/v1/nodes": Answer(act=lambda _: release.wait(10)),
    }
    with fake(tmp_path, script) as api:
        evidence, gaps = lists(api, request_timeout=0.5)
        release.set()
    assert names(evidence) == ["a"]
    (gap,) = gaps
    assert gap.listed == Listed("", "Node", None)


def test_a_server_that_drips_is_held_to_its_time(tmp_path, monkeypatch):
    stop = threading.Event()

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while not stop.wait(0.02):
            try:
                handler.wfile.write(b"1\r\n \r\n")
            except OSError:
                return

    monkeypatch.setattr(client, "_BLOCK", 4)
    with fake(tmp_path, {"/api/v1/pods": Answer(act=drip)}) as api:
        _, gaps = lists(api, request_timeout=0.4)
        stop.set()
    assert "did not answer within 0.4 s" in gaps[0].what


def test_a_cut_stream_is_read_again(tmp_path):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(b'{"kind":"PodList","items":[')
        handler.close_connection = True

    with fake(tmp_path, {"/api/v1/pods": [Answer(act=cut), pod_list("a")]}) as api:
        evidence, gaps = lists(api)
    assert (names(evidence), gaps) == (["a"], [])
    with fake(tmp_path, {"/api/v1/pods": Answer(act=cut)}) as api:
        evidence, gaps = lists(api)
    assert not evidence
    assert "cut the connection" in gaps[0].what


def test_an_answer_that_is_no_list_is_a_gap(tmp_path):
    for body in (b"<html>", b"[]", b'{"items":7}', b"{", b'{"items":[{]}'):
        with fake(tmp_path, {"/api/v1/pods": Answer(body)}) as api:
            evidence, gaps = lists(api)
        assert not evidence
        assert "no list of objects" in gaps[0].what
        assert gaps[0].listed == Listed("", "Pod", None)


def test_retry_after_is_honoured(tmp_path, no_waiting):
    busy = refusal(429, "too many requests", {"Retry-After": "7"})
    with fake(tmp_path, {"/api/v1/pods": [busy, busy, pod_list("a")]}) as api:
        evidence, gaps = lists(api)
    assert (names(evidence), gaps) == (["a"], [])
    assert no_waiting == [7.0, 7.0]


def test_patience_ends(tmp_path, no_waiting):
    with fake(tmp_path, {"/api/v1/pods": refusal(429, "too many requests", {"Retry-After": "3600"})}) as api:
        evidence, gaps = lists(api)
    assert not evidence
    assert "429: too many requests" in gaps[0].what
    assert no_waiting == [30.0] * 4, "no server may make us wait for an hour"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_passing_trouble_is_retried(tmp_path, status):
    with fake(tmp_path, {"/api/v1/pods": [refusal(status), pod_list("a")]}) as api:
        evidence, gaps = lists(api)
    assert (names(evidence), gaps) == (["a"], [])


@pytest.mark.parametrize("status", [400, 401, 404, 405, 406])
def test_lasting_trouble_is_a_gap_at_once(tmp_path, status):
    with fake(tmp_path, {"/api/v1/pods": refusal(status, "no\nway \x1b[2J")}) as api:
        evidence, gaps = lists(api)
        assert len(api.paths("/api/v1/pods")) == 1
    assert not evidence
    assert gaps[0].what == f"the server answers {status}: no\\nway \\x1b[2J"


def test_a_broken_page_in_the_middle_keeps_what_was_read(tmp_path):
    with fake(tmp_path, {"/api/v1/pods": [pod_list("a", "b", token="t"), refusal(404, "gone")]}) as api:
        evidence, gaps = lists(api)
    assert names(evidence) == ["a", "b"]
    assert gaps[0].what == "the server answers 404: gone; 2 of its objects were read before"
    assert gaps[0].listed == Listed("", "Pod", None)


def test_an_expired_token_goes_on_with_the_servers_own(tmp_path):
    expired = refusal(410, "too old", **{"continue": "fresh"})
    with fake(tmp_path, {"/api/v1/pods": [pod_list("a", token="old"), expired, pod_list("b")]}) as api:
        evidence, gaps = lists(api)
        assert api.paths("/api/v1/pods")[-1].endswith("&continue=fresh")
    assert (names(evidence), gaps) == (["a", "b"], [])
    assert [one.first for one in evidence] == [0, 1]


def test_an_expired_token_without_another_starts_over_and_repeats_nothing(tmp_path):
    again = [pod_list("a", "b", "c", "d", token="x"), pod_list("e")]
    script = [pod_list("a", "c", token="old"), refusal(410, "too old"), *again]
    with fake(tmp_path, {"/api/v1/pods": script}) as api:
        evidence, gaps = lists(api)
        assert api.paths("/api/v1/pods")[2] == "/api/v1/pods?limit=500"
    assert names(evidence) == ["a", "c", "d", "e"]
    assert [one.first for one in evidence] == [0, 2, 3]
    assert not gaps


def test_a_token_that_always_expires_ends(tmp_path):
    with fake(tmp_path, {"/api/v1/pods": [pod_list("a", token="old"), refusal(410, "too old")]}) as api:
        evidence, gaps = lists(api)
        assert len(api.paths("/api/v1/pods")) == 5
    assert names(evidence) == ["a"]
    assert "410: too old" in gaps[0].what


def test_a_forbidden_kind_is_read_where_it_is_allowed(tmp_path):
    forbidden = refusal(403, "pods is forbidden")
    namespaces = Answer({"items": [{"metadata": {"name": name}} for name in ("admin", "shop", "web")]})
    script = {
        "/api/v1": resources(("namespaces", "Namespace", False), ("pods", "Pod", True), ("nodes", "Node", False)),
        "/api/v1/namespaces": namespaces,
        "/api/v1/nodes": refusal(403, "nodes is forbidden"),
        "/api/v1/pods": forbidden,
        "/api/v1/namespaces/admin/pods": forbidden,
        "/api/v1/namespaces/shop/pods": pod_list("a"),
        "/api/v1/namespaces/web/pods": pod_list("b"),
    }
    with fake(tmp_path, script) as api:
        evidence, gaps = lists(api)
    assert [(one.origin, one.listed.namespace) for one in evidence if one.listed.kind == "Pod"] == [
        ("/api/v1/namespaces/shop/pods", "shop"),
        ("/api/v1/namespaces/web/pods", "web"),
    ]
    assert {gap.listed for gap in gaps} == {Listed("", "Pod", None), Listed("", "Node", None)}
    pods = next(gap for gap in gaps if gap.listed.kind == "Pod")
    assert pods.what == "the server answers 403: pods is forbidden; read in namespace shop, web only"
    assert pods.how == "get the right to list pods in the whole cluster"


def test_without_any_right_each_kind_is_one_gap(tmp_path):
    script = {path: refusal(403, "forbidden") for path in ("/api/v1/pods", "/api/v1/namespaces/shop/pods", "/version")}
    with fake(tmp_path, script) as api:
        evidence, gaps = lists(api)
    assert not evidence
    assert [gap.listed for gap in gaps] == [Listed("", "Pod", None)]


def test_asked_namespaces_are_listed_one_by_one(tmp_path):
    script = {"/api/v1/namespaces/b/pods": pod_list("x"), "/api/v1/namespaces/a/pods": refusal(403, "no")}
    with fake(tmp_path, script) as api:
        cluster = api.connect()
        found = list(cluster.lists(["b", "a", "b"]))
        cluster.close()
    assert [one.origin for one in found] == ["/api/v1/namespaces/a/pods", "/api/v1/namespaces/b/pods"]
    assert isinstance(found[0], Gap)
    assert found[0].listed == Listed("", "Pod", "a")


def test_secrets_lose_their_values_on_the_wire_side(tmp_path):
    secret = {"metadata": {"name": "db", "namespace": "shop"}, "data": {"password": "aHVudGVyMg=="}}
    page = Answer({"kind": "SecretList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": [secret]})
    with fake(tmp_path, {"/api/v1": resources(("secrets", "Secret", True)), "/api/v1/secrets": page}) as api:
        evidence, _ = lists(api)
    text = evidence[0].open().read()
    assert b"aHVudGVyMg" not in text
    (item,) = json.loads(text)["items"]
    assert item["data"] == {"password": ""}
    assert json.loads(item["metadata"]["annotations"]["vigie/sizes"]) == {"password": 7}


def test_a_group_that_is_down_is_a_gap_and_the_rest_is_read(tmp_path):
    groups = [
        {"name": "down.example", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}},
        {"name": "apps", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}},
    ]
    script = {
        "/apis": Answer({"kind": "APIGroupList", "groups": groups}),
        "/apis/down.example/v1": refusal(503, "service unavailable"),
        "/apis/apps/v1": resources(("deployments", "Deployment", True)),
        "/apis/apps/v1/deployments": pod_list("d"),
    }
    with fake(tmp_path, script) as api:
        evidence, gaps = lists(api)
    assert names(evidence) == ["a", "d"]
    (gap,) = gaps
    assert "down.example/v1 is not served now" in gap.what
    assert gap.how == "kubectl describe apiservice v1.down.example"


def test_logs_that_cannot_be_had_are_gaps(tmp_path):
    base = "/api/v1/namespaces/shop/pods"
    script = {
        f"{base}/a/log": Answer(b"one\ntwo\n", headers={"Content-Type": "text/plain"}),
        f"{base}/lost/log": Answer(b"unable to retrieve container logs for containerd://0123", headers={}),
        f"{base}/b/log": refusal(400, 'previous terminated container "c" in pod "b" not found'),
    }
    with fake(tmp_path, script) as api:
        cluster = api.connect()
        wanted = [("shop", "a", "c", False), ("shop", "b", "c", True), ("shop", "gone", "c", False)]
        log, previous, gone, lost = cluster.logs([*wanted, ("shop", "lost", "c", True)])
        cluster.close()
        assert api.paths(f"{base}/a") == [f"{base}/a/log?container=c&tailLines=500&limitBytes=5242880"]
    assert (log.origin, log.media, log.open().read()) == (f"{base}/a/log?container=c", "log", b"one\ntwo\n")
    assert previous.origin == f"{base}/b/log?container=c&previous=true"
    assert "not found" in previous.what
    assert previous.how == "kubectl logs -n shop b -c c --previous"
    assert "404" in gone.what
    assert lost.what == "unable to retrieve container logs for containerd://0123"


def test_only_reading_paths_can_be_asked(tmp_path):
    with fake(tmp_path, {}) as api:
        cluster = api.connect()
        for path in (
            "/api/v1/namespaces/shop/pods/a/exec",
            "/api/v1/nodes/n1/proxy/metrics",
            "/api/v1/namespaces/shop/services/x/proxy/",
            "/logs/secret",
            "/metrics",
            "/api/v1/namespaces/../pods",
            "/api/v1/pods\r\nX: y",
        ):
            with pytest.raises(ValueError, match="not among the paths"):
                cluster._client.get(path)
        cluster.close()


def test_a_consumer_that_stops_stops_the_threads(tmp_path):
    kinds = [(f"kind{n}s", f"Kind{n}", False) for n in range(30)]
    script = {f"/api/v1/{plural}": pod_list("x") for plural, _, _ in kinds}
    with fake(tmp_path, {"/api/v1": resources(*kinds), **script}) as api:
        cluster = api.connect()
        reading = cluster.lists()
        next(reading)
        reading.close()
        deadline = time.monotonic() + 5
        while any(t.name.startswith("vigie-read") for t in threading.enumerate()) and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        assert not any(t.name.startswith("vigie-read") for t in threading.enumerate())
        cluster.close()
        assert len(api.paths("/api/v1/kind")) < 30
