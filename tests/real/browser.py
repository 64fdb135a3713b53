"""A real Chromium without a window, spoken to through the DevTools protocol on a pipe; no port is opened.

The protocol is JSON messages, each ended by a NUL byte, on the descriptors 3 (to the browser) and 4 (from it).
"""

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--metrics-recording-only",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-sandbox",
    "--password-store=basic",
)
PATIENCE = 30.0


def program() -> str | None:
    """The path of a Chromium on this machine, or None."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Browser:
    """One browser process with a profile of its own; leaving the `with` block ends both."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.tabs: dict[str, Tab] = {}
        self._next = 0
        self._rest = b""
        self._answers: dict[int, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        self.profile = tempfile.mkdtemp(prefix="vigie-browser-")
        theirs_in, self._out = _pipe()
        self._in, theirs_out = _pipe()
        quiet = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
        ends = [(os.POSIX_SPAWN_DUP2, theirs_in, 3), (os.POSIX_SPAWN_DUP2, theirs_out, 4)]
        command = [self.path, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"]
        self.pid = os.posix_spawn(self.path, command, dict(os.environ), file_actions=[quiet, *ends], setpgroup=0)
        os.close(theirs_in)
        os.close(theirs_out)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)
        os.close(self._in)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """The result of one call of the protocol. Raises RuntimeError if the browser refuses or ends."""
        self._next += 1
        number = self._next
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode("utf-8") + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        until = time.monotonic() + PATIENCE
        while number not in self._answers:
            self.listen(until - time.monotonic())
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def listen(self, seconds: float) -> None:
        """Take in what the browser says next, waiting `seconds` at most. Raises RuntimeError after them, or at the end."""
        ready, _, _ = select.select([self._in], [], [], max(seconds, 0))
        if not ready:
            raise RuntimeError("the browser does not answer")
        part = os.read(self._in, 1 << 20)
        if not part:
            raise RuntimeError("the browser ended")
        *whole, self._rest = (self._rest + part).split(b"\0")
        for text in whole:
            message = json.loads(text)
            if "id" in message:
                self._answers[message["id"]] = message
            elif message.get("sessionId") in self.tabs:
                self.tabs[message["sessionId"]].events.append((message["method"], message["params"]))

    def open(self, url: str, *, width: int = 1400, height: int = 875, ratio: float = 1, before: str = "") -> "Tab":
        """A new tab on `url` in a window of that many CSS pixels; `before` is a script that runs before the page's."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = self.tabs[session] = Tab(self, session, target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            tab.call(f"{domain}.enable")
        tab.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        size = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
        tab.call("Emulation.setDeviceMetricsOverride", **size)
        if before:
            tab.call("Page.addScriptToEvaluateOnNewDocument", source=before)
        tab.call("Page.navigate", url=url)
        return tab


class Tab:
    """A page in the browser, and what happened in it since it was opened (`events`: method and parameters)."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self.browser, self.session, self.target = browser, session, target
        self.events: list[tuple[str, dict[str, Any]]] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """As `Browser.call`, for this page."""
        return self.browser.call(method, self.session, **params)

    def run(self, script: str) -> Any:
        """The value of an expression in the page; a promise is awaited. Raises RuntimeError if the script throws."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = PATIENCE) -> Any:
        """The first value of an expression that is not false. Raises RuntimeError after `seconds`."""
        return self._until(lambda: self.run(script), script, seconds)

    def _until(self, ask: Callable[[], Any], what: str, seconds: float) -> Any:
        until = time.monotonic() + seconds
        while not (value := ask()):
            if time.monotonic() > until:
                raise RuntimeError(f"did not come true in {seconds} s: {what}")
            time.sleep(0.02)
        return value

    def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """One event of the mouse: Moved, Pressed, Released or Wheel, at CSS pixels."""
        button = {"button": "left", "clickCount": 1} if kind in ("Pressed", "Released") else {}
        self.call("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, **button, **more)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 4) -> None:
        """Press at `start`, move in steps, let go at `end`."""
        self.mouse("Pressed", *start)
        for step in range(1, steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            self.mouse("Moved", x, y, buttons=1)
        self.mouse("Released", *end)

    def press(self, key: str, text: str = "") -> None:
        """Press and let go a key, by its name in KeyboardEvent.key; `text` is what it writes."""
        codes = {"Enter": 13, "Escape": 27}
        more = {"text": text} if text else {}
        code = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **more, **code)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def named(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every event of that name so far."""
        return [params for name, params in self.events if name == method]

    def picture(self, path: Path) -> None:
        """Save what is seen as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        """Close the tab; its events stay."""
        self.browser.call("Target.closeTarget", targetId=self.target)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are not among the first descriptors, so that one can be put in the place of another."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]
