"""Several streams read at once by a few threads, and handed on in their order."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
_AHEAD = 3


class _End:
    """Closes a stream; `error` is what its thread raised."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def in_order(streams: Sequence[Callable[[], Iterator[T]]], threads: int) -> Iterator[T]:
    """The items of all streams, first stream first, while up to `threads` of them are read ahead a little.

    An exception of a stream is raised at its place. When the consumer stops, so do the threads, after the item that
    each is at.
    """
    lanes: list[queue.Queue[T | _End]] = [queue.Queue(_AHEAD) for _ in streams]
    stopped = threading.Event()
    turn = iter(range(len(streams)))
    lock = threading.Lock()

    def work() -> None:
        while not stopped.is_set():
            with lock:
                at = next(turn, None)
            if at is None:
                return
            error: BaseException | None = None
            try:
                for item in streams[at]():
                    if not _put(lanes[at], item, stopped):
                        return
            except BaseException as raised:
                error = raised
            _put(lanes[at], _End(error), stopped)

    for number in range(min(threads, len(streams))):
        threading.Thread(target=work, name=f"vigie-read-{number}", daemon=True).start()
    try:
        for lane in lanes:
            while not isinstance(item := lane.get(), _End):
                yield item
            if item.error is not None:
                raise item.error
    finally:
        stopped.set()


def _put(lane: "queue.Queue[T | _End]", item: "T | _End", stopped: threading.Event) -> bool:
    while not stopped.is_set():
        try:
            lane.put(item, timeout=0.2)
        except queue.Full:
            continue
        return True
    return False
