"""When a Service or an Ingress is not as it should be."""

import numpy as np

from vigie.kit import Entity, Health, Table, clock
from vigie.systems.kubernetes import ingresses, services
from vigie.systems.kubernetes.joins import MINUTE, Mask, none, told
from vigie.systems.kubernetes.kinds.network import LoadBalancerAddress, Service
from vigie.systems.kubernetes.symptoms.services import LOAD_BALANCER_FAILURES

_PATIENCE = 600 * clock.SECOND


def without_address(table: Table) -> Mask:
    """The Services that wait for a load balancer: an error was told since, or ten minutes have passed."""
    asked = (table[Service.type] == "LoadBalancer") & ~table.deleted.known & table.exists
    rows = table.rows(LoadBalancerAddress)
    given = rows.any(rows[LoadBalancerAddress.ip].known | rows[LoadBalancerAddress.host].known)
    failed = told(table, LOAD_BALANCER_FAILURES, "Warning")
    stated = (failed != clock.MISSING) & (failed > told(table, ("EnsuredLoadBalancer", "IPAllocated")))
    return np.asarray(asked & ~given & (stated | (table.age() > _PATIENCE)), np.bool_)


def ingress_unwell(table: Table) -> Mask:
    """It names a Service, a port or a Secret that is not there, for a minute."""
    out = none(table)
    for row in np.flatnonzero((table.age() > MINUTE) & table.exists & ~table.deleted.known):
        ingress = table.graph.entity(table.base + int(row))
        out[row] = next(ingresses.missing(ingress), None) is not None
    return out


def _endpoints(service: Entity) -> str:
    if services.pods(service):
        if services.all_ports_wrong(service):
            return "its target port is none of its pods'"
        return "selects pods, and none is ready"
    return "selects no pod"


def _address(_: Entity) -> str:
    return "has no load balancer"


def _backend(ingress: Entity) -> str:
    gone = next(ingresses.missing(ingress), None)
    return f"{gone.what} is not there" if gone else ""


SERVICE = Health("Service", services.unwell, _endpoints, "A pod that it selects is ready, and serves the port that "
"it names.")
BALANCER = Health("Service", without_address, _address, "It has the load balancer that it asks for.")
INGRESS = Health("networking.k8s.io/Ingress", ingress_unwell, _backend, "What it names is there.")
