"""What the API server said when it refused to let an object in.

A refusal makes no object, so the words are at the controller that asked: in the condition `ReplicaFailure` of a
ReplicaSet (and of its Deployment), or in the `FailedCreate` events of whoever makes pods.
"""

from collections.abc import Mapping

from vigie.kit import Symptom, condition, event

REASONS = ("FailedCreate", "ReplicaSetCreateError", "FailedUpdate", "FailedToCreateEndpoint", "FailedDaemonPod")


def _refusal(signal: str, doc: str, pattern: str, names: Mapping[str, str] | None = None) -> tuple[Symptom, ...]:
    """One kind of refusal, wherever it is told."""
    return (
        condition(signal, "*", "ReplicaFailure", doc, pattern=pattern, names=names),
        condition(
            signal, "*", "Progressing", doc,
            status="False", reason="ReplicaSetCreateError", pattern=pattern, names=names,
        ),
        condition(
            signal, "Namespace", "NamespaceDeletionContentFailure", doc, pattern=pattern, names=names, broken=False
        ),
        event(signal, "*", REASONS, doc, pattern=pattern, names=names, type="Warning"),
    )  # fmt: skip


QUOTA = _refusal(
    "refused-by-quota",
    "A quota of the namespace is used up.",
    r"exceeded quota: (?P<quota>[^\s,]+), requested: (?P<requested>.+?), used: (?P<used>.+?), limited: "
    r"(?P<limited>[^\n\]]+)",
    {"quota": "ResourceQuota"},
)
QUOTA_VALUES = _refusal(
    "refused-without-values",
    "A quota of the namespace wants every pod to say what it requests or is limited to.",
    r"failed quota: (?P<quota>[^\s:]+): must specify (?P<values>[^\n\]]+)",
    {"quota": "ResourceQuota"},
)
LIMIT = _refusal(
    "refused-by-limit",
    "What is asked for lies outside a LimitRange of the namespace.",
    r"(?:(?P<bound>maximum|minimum) (?P<resource>\S+) usage per (?P<type>Container|Pod|PersistentVolumeClaim) is "
    r"(?P<limit>[\w.]*\w)"
    r"|(?P<ratio_of>\S+) max limit to request ratio per (?P<ratio_type>Container|Pod) is (?P<ratio>[\w.]*\w))",
)
LIMIT_DEFAULT = _refusal(
    "request-above-limit",
    "A request is above the limit of its container, which may come from a LimitRange.",
    r"resources\.requests: Invalid value: \"?(?P<requested>[^\s\":]+)\"?: must be less than or equal to "
    r"(?P<resource>[\w./-]+) limit",
)
POD_SECURITY = _refusal(
    "refused-by-pod-security",
    "The pod asks for more than the Pod Security level of its namespace allows.",
    r"violates PodSecurity \"(?P<level>[^\"]+)\": (?P<violations>[^\n]+)",
)
WEBHOOK_DOWN = _refusal(
    "webhook-call-failed",
    "A webhook that must be asked could not be.",
    r"(?:failed calling (?:admission )?webhook \"(?P<webhook>[^\"]+)\"|conversion webhook for (?P<converted>\S+, "
    r"Kind=\w+) failed)"
    r"(?:.*?\"(?P<url>https?://[^\"\s]+)\")?:? ?(?P<why>[^\n]*)",
)
WEBHOOK_SAID_NO = _refusal(
    "refused-by-webhook",
    "A webhook was asked and said no.",
    r"admission webhook \"(?P<webhook>[^\"]+)\" (?:denied the request|does not support dry run|rejected the request)"
    r"(?: without explanation|:? ?(?P<why>[^\n]*))",
)
POLICY_SAID_NO = _refusal(
    "refused-by-policy",
    "An admission policy said no.",
    r"ValidatingAdmissionPolicy '(?P<policy>[^']+)' with binding '(?P<binding>[^']+)' denied request: (?P<why>[^\n]*)",
    {"policy": "ValidatingAdmissionPolicy", "binding": "ValidatingAdmissionPolicyBinding"},
)
ACCOUNT = _refusal(
    "account-not-found",
    "The ServiceAccount that the pod is to run as is not there.",
    r"error looking up service account (?P<account>[^\s/]+/[^\s:]+): serviceaccounts? \"[^\"]+\" not found",
    {"account": "ServiceAccount"},
)
WANTING = _refusal(
    "refused-for-want",
    "Something of the cluster that the pod names is not there.",
    r"no PriorityClass with name (?P<priority>[^\s:,]+) was found|"
    r"RuntimeClass(?:\.node\.k8s\.io)? \\?\"(?P<runtime>[^\"\\\s]+)\\?\" not found",
    {"priority": "scheduling.k8s.io/PriorityClass", "runtime": "node.k8s.io/RuntimeClass"},
)
ENDING = _refusal(
    "namespace-ending",
    "The namespace is being deleted and takes nothing new.",
    r"unable to create new content in namespace (?P<namespace>\S+) because it is being terminated",
    {"namespace": "Namespace"},
)
ANY = _refusal("creation-refused", "Something could not be made.", r"(?P<why>[^\n]+)")

REFUSALS = (
    "refused-by-quota", "refused-without-values", "refused-by-limit", "request-above-limit", "refused-by-pod-security",
    "webhook-call-failed", "refused-by-webhook", "refused-by-policy", "account-not-found", "namespace-ending",
    "refused-for-want",
)  # fmt: skip
