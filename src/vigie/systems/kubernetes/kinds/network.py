"""How pods are reached: Services, their endpoints, Ingresses, network policies."""

from vigie.kit import Kind, Ref, Rows, Selector, anything, flag, mapping, number, text


class Service(Kind, api="v1", short="svc"):
    """A name and an address for a set of pods."""

    type = text("spec.type", "ClusterIP, NodePort, LoadBalancer or ExternalName")
    ip = text("spec.clusterIP", "its address; None for a headless Service")
    external_name = text("spec.externalName", "the name that it stands for")
    load_balancer_class = text("spec.loadBalancerClass", "who makes its load balancer")
    selector = mapping("spec.selector", "the labels of the pods behind it")
    publishes_unready = flag("spec.publishNotReadyAddresses", "whether unready pods are endpoints")
    refs = (Selector("selects", "Pod", "spec.selector", empty="none"),)


class ServicePort(Rows, of=Service, at="spec.ports[]"):
    """One port of a Service."""

    name = text("name", "its name")
    port = number("port", "the port that callers use")
    target = anything("targetPort", "the port of the pods: a number or the name of a container's port")
    protocol = text("protocol", "TCP, UDP or SCTP")
    node_port = number("nodePort", "the port on every node")


class LoadBalancerAddress(Rows, of=Service, at="status.loadBalancer.ingress[]"):
    """One address that a load balancer gave a Service."""

    ip = text("ip", "the address")
    host = text("hostname", "the name")


class Endpoints(Kind, api="v1", short="ep"):
    """The addresses behind a Service of the same name, as older clients read them."""

    refs = (
        Ref(
            "has-endpoint", "Pod", "subsets[].addresses[].targetRef.name", kind_at="kind", namespace_at="namespace",
            layer="effective",
        ),
    )  # fmt: skip


class ReadyAddress(Rows, of=Endpoints, at="subsets[].addresses[]"):
    """One address that takes traffic."""

    ip = text("ip", "the address")


class EndpointSlice(Kind, api="discovery.k8s.io/v1"):
    """A part of the addresses behind a Service, as proxies read them."""

    family = text("addressType", "IPv4, IPv6 or FQDN")
    refs = (
        Ref(
            "has-endpoint", "Pod", "endpoints[].targetRef.name", kind_at="kind", namespace_at="namespace",
            layer="effective",
        ),
    )  # fmt: skip


class Endpoint(Rows, of=EndpointSlice, at="endpoints[]"):
    """One endpoint of a slice."""

    addresses = anything("addresses", "its addresses")
    ready = flag("conditions.ready", "whether it takes traffic; missing means that it does")
    serving = flag("conditions.serving", "whether it would answer, even while it ends")
    terminating = flag("conditions.terminating", "whether it is being ended")
    node = text("nodeName", "the node that it is on")
    target = text("targetRef.name", "the pod behind it")


class EndpointPort(Rows, of=EndpointSlice, at="ports[]"):
    """One port of a slice."""

    name = text("name", "the name of the Service's port")
    port = number("port", "the port of the pods")


class Ingress(Kind, api=("networking.k8s.io/v1", "extensions/v1beta1"), short="ing"):
    """Routes from outside to Services, by host and path."""

    ingress_class = text("spec.ingressClassName", "which controller serves it")
    default_service = text("spec.defaultBackend.service.name | spec.backend.serviceName", "where all else goes")
    default_port = number("spec.defaultBackend.service.port.number", "the port of that Service")
    default_port_name = text("spec.defaultBackend.service.port.name", "the name of that port")
    refs = (
        Ref("attaches-to", "IngressClass", "spec.ingressClassName"),
        Ref("routes-to", "Service", "spec.defaultBackend.service.name | spec.backend.serviceName"),
        Ref(
            "routes-to", "Service",
            "spec.rules[].http.paths[].backend.service.name | spec.rules[].http.paths[].backend.serviceName",
        ),
        Ref("serves", "Secret", "spec.tls[].secretName"),
    )  # fmt: skip


class IngressPath(Rows, of=Ingress, at="spec.rules[].http.paths[]"):
    """One path of an Ingress, and where it leads."""

    path = text("path", "the path")
    service = text("backend.service.name | backend.serviceName", "the Service")
    port = number("backend.service.port.number", "the port of the Service")
    port_name = text("backend.service.port.name", "the name of that port")
    old_port = anything("backend.servicePort", "either, in the older form")


class IngressCertificate(Rows, of=Ingress, at="spec.tls[]"):
    """One certificate that an Ingress shows."""

    secret = text("secretName", "the Secret that holds it")


class IngressClass(Kind, api="networking.k8s.io/v1", namespaced=False):
    """A kind of Ingress, and the controller that serves it."""

    controller = text("spec.controller", "the controller's name")


class NetworkPolicy(Kind, api=("networking.k8s.io/v1", "extensions/v1beta1"), short="netpol"):
    """Which traffic of the pods that it selects is let through."""

    types = anything("spec.policyTypes", "Ingress, Egress or both")
    refs = (Selector("selects", "Pod", "spec.podSelector", empty="all"),)


class ServiceCIDR(Kind, api="networking.k8s.io/v1", namespaced=False):
    """A range of addresses for Services."""

    ranges = anything("spec.cidrs", "the ranges")


class IPAddress(Kind, api="networking.k8s.io/v1", short="ip", namespaced=False):
    """One address that is taken by a Service."""

    refs = (Ref("refers-to", "", "spec.parentRef.name", kind_at="resource", namespace_at="namespace"),)
