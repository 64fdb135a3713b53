"""Secrets keep their keys and sizes and lose their values."""

import base64
import json

import msgspec
import pytest

from vigie.sources.secret import redact_secret, redact_secret_bytes

VALUE = "correct-horse-battery"


def secret(**more):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "namespace": "shop",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"data": {"password": VALUE}}),
                "objectset.rio.cattle.io/applied": "H4sIAAAAAAAA" + VALUE,
                "someone.example/copy": json.dumps({"kind": "Secret", "stringData": {"password": VALUE}}),
                "note": "kept",
            },
        },
        "type": "Opaque",
        "data": {"password": base64.b64encode(VALUE.encode()).decode(), "empty": ""},
        **more,
    }


def test_values_are_dropped_and_sizes_kept():
    before = secret(stringData={"token": "åäö"})
    after = redact_secret(before)
    assert after["data"] == {"password": "", "empty": "", "token": ""}
    assert "stringData" not in after
    assert json.loads(after["metadata"]["annotations"]["vigie/sizes"]) == {"empty": 0, "password": 21, "token": 6}
    assert (after["type"], after["metadata"]["name"]) == ("Opaque", "db")
    assert before["data"]["password"], "the object that was given is not changed"


def test_no_copy_of_the_object_survives():
    text = json.dumps(redact_secret(secret()))
    assert VALUE not in text
    assert base64.b64encode(VALUE.encode()).decode() not in text
    assert redact_secret(secret())["metadata"]["annotations"]["note"] == "kept"


def test_redacting_twice_changes_nothing():
    once = redact_secret(secret())
    assert redact_secret(once) == once


@pytest.mark.parametrize("data", [None, [], "text", 7, {"a": 1}, {"a": None}, {"a": "%%%"}, {"a": {"b": VALUE}}])
def test_wrong_types_leak_nothing(data):
    after = redact_secret(secret(data=data, stringData=[VALUE]))
    assert set(after["data"].values()) <= {""}
    assert VALUE not in json.dumps(after)


def test_wrong_metadata_is_survived():
    assert redact_secret({"kind": "Secret", "metadata": "x", "data": {}})["data"] == {}
    after = redact_secret({"kind": "Secret", "metadata": {"annotations": [VALUE]}})
    assert after["metadata"]["annotations"] == {"vigie/sizes": "{}"}


def test_bytes_in_bytes_out():
    raw = msgspec.json.encode(secret())
    assert msgspec.json.decode(redact_secret_bytes(raw)) == redact_secret(secret())
    assert msgspec.json.decode(redact_secret_bytes(msgspec.Raw(raw))) == redact_secret(secret())
    with pytest.raises(msgspec.DecodeError):
        redact_secret_bytes(b"[1]")
    with pytest.raises(msgspec.DecodeError):
        redact_secret_bytes(b"{")
