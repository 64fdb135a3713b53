"""A live reading saved to files can be read back."""

import json
import stat

import pytest

from tests.unit.sources.made import Reading
from vigie.model.evidence import Evidence, Gap
from vigie.sources.kube import save


def page(origin, first, *names, kind="PodList"):
    items = [{"metadata": {"name": name}} for name in names]
    body = {"kind": kind, "apiVersion": "v1", "metadata": {"continue": "x"}, "items": items}
    return Evidence.of(origin, json.dumps(body).encode(), "json", first=first)


def test_pages_become_one_list(tmp_path):
    for one in (page("/api/v1/pods", 0, "a", "b"), page("/api/v1/pods", 2, "c"), page("/api/v1/pods", 3)):
        path = save(one, tmp_path)
    assert path == tmp_path / "api/v1/pods.json"
    content = json.loads(path.read_bytes())
    assert (content["kind"], [item["metadata"]["name"] for item in content["items"]]) == ("PodList", ["a", "b", "c"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_list_and_a_second_reading_replace_the_first(tmp_path):
    save(page("/apis/apps/v1/deployments", 0, "a"), tmp_path)
    path = save(page("/apis/apps/v1/deployments", 0, kind="DeploymentList"), tmp_path)
    assert json.loads(path.read_bytes()) == {"kind": "DeploymentList", "apiVersion": "v1", "items": []}
    save(page("/apis/apps/v1/deployments", 0), tmp_path)
    assert path.relative_to(tmp_path).as_posix() == "apis/apps/v1/deployments.json"


def test_logs_and_gaps_lie_where_a_reader_looks_for_them(tmp_path):
    log = "/api/v1/namespaces/shop/pods/cart-1/log?container=cart"
    assert save(Evidence.of(log, b"x\n", "log"), tmp_path) == tmp_path / "logs/shop/cart-1/cart.log"
    before = save(Evidence.of(log + "&previous=true", b"y\n", "log"), tmp_path)
    assert before == tmp_path / "logs/shop/cart-1/cart.previous.log"
    assert before.read_bytes() == b"y\n"
    gap = save(Gap("/api/v1/namespaces/shop/secrets", "forbidden"), tmp_path)
    assert gap == tmp_path / "api/v1/namespaces/shop/secrets-errors.json"
    save(Gap("/api/v1/namespaces/shop/secrets", "still"), tmp_path)
    assert json.loads(gap.read_bytes()) == ["forbidden", "still"]
    assert sorted(Reading(str(tmp_path)).order) == [
        "api/v1/namespaces/shop/secrets-errors.json",
        "logs/shop/cart-1/cart.log",
        "logs/shop/cart-1/cart.previous.log",
    ]


@pytest.mark.parametrize(
    "origin",
    [
        "/api/v1/../../etc/passwd",
        "/api/v1/%2e%2e/x",
        "/api//v1",
        "/api/v1/namespaces/a/pods/b/log?container=..%2F..%2Fx",
        "/",
        "pods\n",
    ],
)
def test_no_name_leads_out_of_the_directory(tmp_path, origin):
    with pytest.raises(ValueError, match="no path of the API"):
        save(page(origin, 0, "a"), tmp_path)
    assert not list(tmp_path.iterdir())
