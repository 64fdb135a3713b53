"""What clouds say when an account has no more of something, or may not have it."""

import re
from dataclasses import dataclass

from vigie.kit import Entity, Graph

_QUOTA = re.compile(
    r"(?i)quota ?exceeded|exceed\w* (?:the )?(?:\w+ )?quota|quota \S+ (?:has been )?exceeded|"
    r"exceeding (?:approved )?\S* ?\w*quota|\b\w*LimitExceeded\b|ResourceExhausted.*quota|insufficient (?:\w+ )?quota|"
    r"QUOTA_EXCEEDED|"
    r"maximum (?:number of )?(?:volume|snapshot|address|load balancer|instance|disk)\w*.{0,40}(?:reached|exceeded)|"
    r"exceeded the (?:maximum|allowed|limit on the) number of"
)
_DENIED = re.compile(
    r"UnauthorizedOperation|AccessDenied\b|AuthorizationFailed|is not authorized to perform|"
    r"does not have authorization to perform|Required '[\w.]+' permission for|InsufficientPermissions|"
    r"(?i:permission .{0,80}denied on (?:resource|project|subscription))"
)
_ACCOUNTS = (
    re.compile(r"arn:aws[\w-]*:(?:iam|sts)::(?P<name>\d{12}):"),
    re.compile(r"/subscriptions/(?P<name>[0-9a-fA-F-]{36})"),
    re.compile(r"projects/(?P<name>[a-z][-a-z0-9]{4,28}[a-z0-9])\b"),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a cloud refused, and for want of what: `quota` or `permission`."""

    want: str
    account: str


def refusal(text: str) -> Refusal | None:
    """What a message says of a cloud's refusal; None for one that speaks of none."""
    if _QUOTA.search(text):
        want = "quota"
    elif _DENIED.search(text):
        want = "permission"
    else:
        return None
    name = next((hit["name"] for pattern in _ACCOUNTS if (hit := pattern.search(text))), "")
    return Refusal(want, name)


def account(graph: Graph, said: Refusal, provider: str) -> Entity:
    """The account that refused: as the message names it, else by the provider that was asked."""
    return graph.get("CloudAccount", "", said.account or provider)
