"""Streams are read side by side and handed on in their order."""

import threading

import pytest

from vigie.sources.kube.ordered import in_order


def test_the_order_is_that_of_the_streams_whatever_finishes_first():
    second_done = threading.Event()

    def first():
        assert second_done.wait(5), "the second stream is read while the first still works"
        yield "a"

    def second():
        yield "b"
        second_done.set()

    assert list(in_order([first, second], 2)) == ["a", "b"]


def test_many_long_streams_on_few_threads():
    streams = [lambda n=n: iter([(n, i) for i in range(50)]) for n in range(20)]
    assert list(in_order(streams, 3)) == [(n, i) for n in range(20) for i in range(50)]


def test_no_streams():
    assert list(in_order([], 4)) == []


def test_an_error_is_raised_at_its_place():
    def broken():
        yield "b"
        raise ValueError("broken")

    found = []
    with pytest.raises(ValueError, match="broken"):
        found.extend(_collect(in_order([lambda: iter("a"), broken, lambda: iter("c")], 2), found))
    assert found == ["a", "b"]


def _collect(items, found):
    for item in items:
        found.append(item)
    return []
