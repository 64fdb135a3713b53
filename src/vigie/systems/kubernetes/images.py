"""Images that cannot be had: what the kubelet and the runtimes say, read as one of the classes of causes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vigie.kit import Entity, Signal, clock
from vigie.systems.kubernetes import containers
from vigie.systems.kubernetes.kinds.workloads import Container

_WAITING = (
    "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError",
    "RegistryUnavailable", "SignatureValidationFailed",
)  # fmt: skip
_CLASSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "image-absent-never-pulled",
        re.compile(r"ErrImageNeverPull|is not present with pull policy of Never"),
    ),
    (
        "image-name-invalid",
        re.compile(
            r"(?i)InvalidImageName|couldn't parse image|invalid reference format|"
            r"repository name must be lowercase|could not parse reference|"
            r"short-name .{0,200}(?:did not resolve to an alias|cannot prompt)"
        ),
    ),
    (
        "image-signature",
        re.compile(
            r"(?i)SignatureValidationFailed|signature validation|no (?:matching )?signatures?|"
            r"signature (?:was )?required|image verification failed|"
            r"rejected by policy|invalid signature|cosign|notation verification"
        ),
    ),
    ("", re.compile(r"(?i)no space left on device|disk quota exceeded|read-only file system|input/output error")),
    (
        "image-rate-limited",
        re.compile(r"(?i)\b429\b|toomanyrequests|too many requests|pull rate limit|rate limit exceeded"),
    ),
    (
        "image-tls",
        re.compile(
            r"(?i)x509:|server gave HTTP response to HTTPS client|tls: |certificate|remote error: tls|"
            r"HTTPS? request to an HTTPS? server"
        ),
    ),
    (
        "image-registry-unreachable",
        re.compile(
            r"(?i)connection refused|no such host|i/o timeout|no route to host|network is unreachable|"
            r"connection reset|deadline exceeded|"
            r"timed? ?out|server misbehaving|temporary failure in name resolution|: EOF|unexpected EOF|proxyconnect|"
            r"\b50[0234]\b|service unavailable|bad gateway|internal server error|RegistryUnavailable|"
            r"unable to ping registry|"
            r"dial tcp|request canceled|connection closed"
        ),
    ),
    (
        "image-access-denied",
        re.compile(
            r"(?i)\b401\b|\b403\b|unauthorized|forbidden|\bdenied\b|authentication required|"
            r"authorization (?:failed|token)|"
            r"insufficient_scope|no basic auth credentials|not authorized|failed to authorize|"
            r"invalid username/password|may require 'docker login'"
        ),
    ),
    (
        "image-not-found",
        re.compile(
            r"(?i)not found|manifest unknown|manifest_unknown|name unknown|name_unknown|does not exist|\b404\b|"
            r"no such image|"
            r"no match(?:ing)? (?:for platform|manifest)|no image found in (?:image index|manifest list)|"
            r"media type .{0,120}no longer supported|manifest invalid|tag .{0,80} (?:not found|unknown)|"
            r"unknown blob"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One container's image that cannot be had, with the newest statement that says why."""

    part: str
    image: str
    cause: str
    said: Signal


def host(image: str) -> str:
    """The registry of an image reference, as written; docker.io where it names none."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first
    return "docker.io"


def cause(text: str) -> str:
    """The class that a message states, "" where it does not say."""
    return next((name for name, pattern in _CLASSES if pattern.search(text)), "")


def refusals(pod: Entity, wanted: str) -> Iterator[Refusal]:
    """The containers of a pod that now lack their image for one class of reasons."""
    for refusal in _all(pod):
        if refusal.cause == wanted:
            yield refusal


def _all(pod: Entity) -> Iterator[Refusal]:
    waiting = {row[Container.name] for row in pod.rows(Container) if row[Container.waiting] in _WAITING}
    newest: dict[str, Refusal] = {}
    for said in pod.signals("image-refused"):
        if pod.read and said.part not in waiting:
            if (sandbox := _of_sandbox(pod, said)) is not None:
                newest[said.part] = sandbox
            continue
        row = containers.status(pod, said.part)
        reason = row[Container.waiting] or "" if row is not None and said.field != "message" else ""
        why = said.said("why") if said.field == "message" else said.text
        named = (
            cause(f"{reason} {_without_image(why)}") if reason in _SELF_EVIDENT else cause(_without_image(why) or why)
        )
        if not named and said.field == "message":
            named = cause(f"{_reason(said)} {why}")
        if named:
            image = containers.spec(pod, said.part).get("image") or said.said("image")
            newest[said.part] = Refusal(said.part, image or _quoted(said.text), named, said)
    yield from newest.values()


_PATIENCE = 60 * clock.SECOND


def awaited(pod: Entity) -> tuple[str, int] | None:
    """The image that was asked for more than a minute ago, and when, if nothing was heard of it since.

    A registry that never answers looks so, and so does a large image on its way.
    """
    for said in reversed(pod.signals("image-asked-for")):
        row = containers.status(pod, said.part)
        if row is None or row[Container.waiting] not in ("ContainerCreating", "PodInitializing") or said.time is None:
            continue
        heard = [s for s in pod.signals("image-answered") if s.part == said.part and (s.time or 0) >= said.time]
        if not heard and pod.graph.as_of - said.time > _PATIENCE:
            return said.said("image"), said.time
    return None


_OF_REGISTRIES = ("image-registry-unreachable", "image-rate-limited", "image-tls")


def _of_sandbox(pod: Entity, said: Signal) -> Refusal | None:
    """The image of the sandbox that a pod waits for, where its registry is to blame: it stands in no pod."""
    image = said.said("image")
    making = any(row[Container.waiting] in ("ContainerCreating", "PodInitializing") for row in pod.rows(Container))
    if said.part or "sandbox image" not in said.text or not image or not making:
        return None
    named = cause(_without_image(said.said("why")))
    return Refusal("", image, named, said) if named in _OF_REGISTRIES else None


_SELF_EVIDENT = ("ErrImageNeverPull", "InvalidImageName", "RegistryUnavailable", "SignatureValidationFailed")


def _reason(said: Signal) -> str:
    return "InvalidImageName" if "parse" in said.text else "ErrImageNeverPull" if "policy of Never" in said.text else ""


def _quoted(text: str) -> str:
    match = re.search(r'"([^"\s]+)"', text)
    return match[1] if match else ""


def _without_image(text: str) -> str:
    """A message without the names of images in it: a repository may be called `denied`."""
    return re.sub(r'(?:\bimage|\breference) \\?"[^"]*"', "", text)
