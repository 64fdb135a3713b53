"""What the API server asks before it acts: rights, admission, aggregated and custom APIs, certificates."""

from vigie.kit import Kind, Ref, Rows, anything, flag, number, text


class Role(Kind, api="rbac.authorization.k8s.io/v1"):
    """Rights in one namespace."""


class ClusterRole(Kind, api="rbac.authorization.k8s.io/v1", namespaced=False):
    """Rights in the whole cluster, or to be granted namespace by namespace."""


_ROLE = Ref("grants", "", "roleRef.name", kind_at="kind", group_at="apiGroup")
_SUBJECTS = Ref("grants-to", "", "subjects[].name", kind_at="kind", group_at="apiGroup", namespace_at="namespace")


class RoleBinding(Kind, api="rbac.authorization.k8s.io/v1"):
    """Gives a role to identities, in one namespace."""

    refs = (_ROLE, _SUBJECTS)


class ClusterRoleBinding(Kind, api="rbac.authorization.k8s.io/v1", namespaced=False):
    """Gives a role to identities, everywhere."""

    refs = (_ROLE, _SUBJECTS)


_WEBHOOK_SERVICE = Ref(
    "routes-to", "Service", "webhooks[].clientConfig.service.name", namespace_at="namespace", key="path"
)


class ValidatingWebhookConfiguration(Kind, api="admissionregistration.k8s.io/v1", namespaced=False):
    """Webhooks that may refuse an object."""

    refs = (_WEBHOOK_SERVICE,)


class MutatingWebhookConfiguration(Kind, api="admissionregistration.k8s.io/v1", namespaced=False):
    """Webhooks that may change or refuse an object."""

    refs = (_WEBHOOK_SERVICE,)


class ValidatingWebhook(Rows, of=ValidatingWebhookConfiguration, at="webhooks[]"):
    """One webhook that may refuse."""

    name = text("name", "its name")
    failure_policy = text("failurePolicy", "Fail or Ignore: what happens when it does not answer")
    timeout = number("timeoutSeconds", "seconds that it has to answer")
    service = text("clientConfig.service.name", "the Service that answers")
    space = text("clientConfig.service.namespace", "the namespace of that Service")
    port = number("clientConfig.service.port", "the port of that Service")
    url = text("clientConfig.url", "the address that answers, where it is no Service")


class MutatingWebhook(Rows, of=MutatingWebhookConfiguration, at="webhooks[]"):
    """One webhook that may change or refuse."""

    name = text("name", "its name")
    failure_policy = text("failurePolicy", "Fail or Ignore: what happens when it does not answer")
    timeout = number("timeoutSeconds", "seconds that it has to answer")
    service = text("clientConfig.service.name", "the Service that answers")
    space = text("clientConfig.service.namespace", "the namespace of that Service")
    port = number("clientConfig.service.port", "the port of that Service")
    url = text("clientConfig.url", "the address that answers, where it is no Service")


class ValidatingAdmissionPolicy(Kind, api="admissionregistration.k8s.io/v1", namespaced=False):
    """Expressions that must hold for an object to be let in."""

    failure_policy = text("spec.failurePolicy", "Fail or Ignore: what happens when an expression cannot be evaluated")


class ValidatingAdmissionPolicyBinding(Kind, api="admissionregistration.k8s.io/v1", namespaced=False):
    """Puts an admission policy into force."""

    actions = anything("spec.validationActions", "Deny, Warn or Audit")
    refs = (Ref("grants", "admissionregistration.k8s.io/ValidatingAdmissionPolicy", "spec.policyName"),)


class MutatingAdmissionPolicy(Kind, api="admissionregistration.k8s.io/v1", namespaced=False):
    """Expressions that change an object before it is let in."""

    failure_policy = text("spec.failurePolicy", "Fail or Ignore: what happens when an expression cannot be evaluated")


class MutatingAdmissionPolicyBinding(Kind, api="admissionregistration.k8s.io/v1", namespaced=False):
    """Puts a mutating policy into force."""

    refs = (Ref("grants", "admissionregistration.k8s.io/MutatingAdmissionPolicy", "spec.policyName"),)


class APIService(Kind, api="apiregistration.k8s.io/v1", namespaced=False):
    """One group and version of the API; with a Service, one that another server answers."""

    served_group = text("spec.group", "the API group")
    version = text("spec.version", "the version")
    service = text("spec.service.name", "the Service that answers; none for the API server's own")
    port = number("spec.service.port", "the port of that Service")
    refs = (Ref("routes-to", "Service", "spec.service.name", namespace_at="namespace"),)


class CustomResourceDefinition(Kind, api="apiextensions.k8s.io/v1", short="crd crds", namespaced=False):
    """A kind of object that was added to the API."""

    served_group = text("spec.group", "the API group")
    served_kind = text("spec.names.kind", "the kind")
    plural_name = text("spec.names.plural", "the resource name")
    scope = text("spec.scope", "Namespaced or Cluster")
    conversion = text("spec.conversion.strategy", "None or Webhook")
    refs = (Ref("routes-to", "Service", "spec.conversion.webhook.clientConfig.service.name", namespace_at="namespace"),)


class ServedVersion(Rows, of=CustomResourceDefinition, at="spec.versions[]"):
    """One version of a custom kind."""

    name = text("name", "the version")
    served = flag("served", "whether the API server answers for it")
    storage = flag("storage", "whether objects are kept in it")


class CertificateSigningRequest(Kind, api="certificates.k8s.io/v1", short="csr", namespaced=False):
    """A request for a certificate."""

    signer = text("spec.signerName", "who is to sign it")
    user = text("spec.username", "who asks")
