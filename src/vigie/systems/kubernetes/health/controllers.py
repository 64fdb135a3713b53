"""When a controller's object is not as it should be."""

import numpy as np

from vigie.kit import Entity, Health, Table, clock
from vigie.systems.kubernetes import jobs, scaling, schedules, workloads
from vigie.systems.kubernetes.drains import blocked
from vigie.systems.kubernetes.joins import Mask, covered, none, refused
from vigie.systems.kubernetes.kinds.controllers import (
    DaemonSet,
    Deployment,
    Job,
    PodDisruptionBudget,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)

_LONG = 600 * clock.SECOND


def deployment_unwell(table: Table) -> Mask:
    """A stated error, unavailable without a rollout that would explain it, or a pod of its own that is unhealthy."""
    progress = table.condition("Progressing")
    stated = (table.condition("ReplicaFailure").status == "True") | (
        (progress.status == "False") & progress.reason.isin("ProgressDeadlineExceeded", "ReplicaSetCreateError")
    )
    short = table[Deployment.available].numbers() < table[Deployment.replicas].numbers(1)
    ill = workloads.ill(table, short)
    return np.asarray(
        (stated & ~table.stale) | workloads.unavailable(table) | ill | workloads.frozen(table), np.bool_
    )


def replicaset_unwell(table: Table) -> Mask:
    """It could not make its pods, or one of them is unhealthy."""
    fewer = table[ReplicaSet.current].numbers() < table[ReplicaSet.replicas].numbers(1)
    short = table[ReplicaSet.ready].numbers() < table[ReplicaSet.replicas].numbers(1)
    stated = (table.condition("ReplicaFailure").status == "True") & ~table.stale
    return np.asarray(
        stated | (refused(table) & fewer) | workloads.ill(table, short) | workloads.frozen(table), np.bool_
    )


def controller_unwell(table: Table) -> Mask:
    """As a ReplicaSet."""
    fewer = table[ReplicationController.current].numbers() < table[ReplicationController.replicas].numbers(1)
    short = table[ReplicationController.ready].numbers() < table[ReplicationController.replicas].numbers(1)
    stated = (table.condition("ReplicaFailure").status == "True") & ~table.stale
    return np.asarray(stated | (refused(table) & fewer) | workloads.ill(table, short), np.bool_)


def statefulset_unwell(table: Table) -> Mask:
    """It could not make its pods, or one is unhealthy; where no pod was read, one not ready holds up the next."""
    wanted = table[StatefulSet.replicas].numbers(1)
    fewer = table[StatefulSet.current].numbers() < wanted
    short = table[StatefulSet.ready].numbers() < wanted
    held = fewer & (table[StatefulSet.ready].numbers() < table[StatefulSet.current].numbers())
    held &= ~table[StatefulSet.policy].isin("Parallel") & ~covered(table, "Pod") & (workloads.living(table) == 0)
    held &= (table.age() > _LONG) & ~table.stale
    return np.asarray(
        held | (refused(table) & fewer) | workloads.ill(table, short) | workloads.frozen(table), np.bool_
    )


def daemonset_unwell(table: Table) -> Mask:
    """It could not make its pods, or one of them is unhealthy."""
    wanted = table[DaemonSet.desired].numbers()
    fewer = table[DaemonSet.current].numbers() < wanted
    short = table[DaemonSet.ready].numbers() < wanted
    return np.asarray(
        (refused(table) & fewer) | workloads.ill(table, short) | workloads.frozen(table), np.bool_
    )


def job_unwell(table: Table) -> Mask:
    """It failed and nothing has succeeded in its place since, or it cannot make its pods."""
    failed = jobs.has_failed(table)
    finished = (table.condition("Complete").status == "True") | failed
    stuck = refused(table) & ~finished & (table[Job.active].numbers() == 0) & ~table[Job.suspended].isin(True)
    ill = workloads.with_ailing(table) & ~finished
    out = np.asarray(stuck | ill, np.bool_)
    for row in np.flatnonzero((table[Job.failed].numbers() >= 1) & ~finished & table.exists):
        out[row] |= jobs.failing(table.graph.entity(table.base + int(row)))
    for row in np.flatnonzero(failed & table.exists):
        out[row] |= not jobs.superseded(table.graph.entity(table.base + int(row)))
    return out


def cronjob_unwell(table: Table) -> Mask:
    """Runs that its schedule asked for were not started."""
    out = none(table)
    for row, entity in enumerate(table.graph.all("batch/CronJob")):
        out[row] = schedules.missed(entity) is not None
    return out


def autoscaler_unwell(table: Table) -> Mask:
    """It cannot read its metric or its target, or has no room left."""
    out = none(table)
    able = table.condition("AbleToScale")
    lost = (able.status == "False") & able.reason.isin("FailedGetScale", "FailedUpdateScale")
    for row in np.flatnonzero((table.condition("ScalingActive").status == "False") & table.exists & ~table.stale):
        out[row] = scaling.blind(table.graph.entity(table.base + int(row)))
    out |= lost & table.exists & ~table.stale
    limited = table.condition("ScalingLimited")
    full = (limited.status == "True") & limited.reason.isin("TooManyReplicas")
    for row in np.flatnonzero(full & table.exists & ~out):
        out[row] = scaling.over_target(table.graph.entity(table.base + int(row))) is not None
    return out


def budget_unwell(table: Table) -> Mask:
    """It keeps a pod on a node from which everything else was drained."""
    out = none(table)
    closed = np.flatnonzero((table[PodDisruptionBudget.allowed].numbers(1) == 0) & table.exists)
    if len(closed):
        for row in closed:
            out[row] = next(blocked(table.graph.entity(table.base + int(row))), None) is not None
    return out


def _pods(entity: Entity) -> str:
    wanted = workloads.wanted(entity)
    ready = {
        "Deployment": Deployment.available, "ReplicaSet": ReplicaSet.ready, "StatefulSet": StatefulSet.ready,
        "DaemonSet": DaemonSet.ready, "ReplicationController": ReplicationController.ready,
    }[entity.kind]  # fmt: skip
    failure = entity.condition("ReplicaFailure")
    if failure is not None and failure.status == "True":
        return failure.message
    return f"{int(entity[ready] or 0)} of {wanted} pods available"


def _job(entity: Entity) -> str:
    failed = jobs.failure(entity)
    if failed is not None:
        return f"{failed.reason}: {failed.message}" if failed.message else failed.reason
    return "its pods do not run"


def _cron(entity: Entity) -> str:
    when = schedules.missed(entity)
    return f"the run of {clock.show(when.due)} was not started" if when is not None else ""


def _scaler(entity: Entity) -> str:
    for type in ("AbleToScale", "ScalingActive"):
        condition = entity.condition(type)
        if condition is not None and condition.status == "False":
            return condition.message or condition.reason
    return "at its maximum and above its target"


def _budget(entity: Entity) -> str:
    kept = next(blocked(entity), None)
    return f"keeps {kept[0]} on the cordoned node {kept[1].name}" if kept else ""


DEPLOYMENT = Health("apps/Deployment", deployment_unwell, _pods, "Its pods are made and available.")
REPLICASET = Health("apps/ReplicaSet", replicaset_unwell, _pods, "Its pods are made and healthy.")
CONTROLLER = Health("ReplicationController", controller_unwell, _pods, "Its pods are made and healthy.")
STATEFULSET = Health("apps/StatefulSet", statefulset_unwell, _pods, "Its pods are made and healthy.")
DAEMONSET = Health("apps/DaemonSet", daemonset_unwell, _pods, "Its pods are made and healthy.")
JOB = Health("batch/Job", job_unwell, _job, "It has not failed, or another run has succeeded since.")
CRONJOB = Health("batch/CronJob", cronjob_unwell, _cron, "Its runs are started when they are due.")
AUTOSCALER = Health("autoscaling/HorizontalPodAutoscaler", autoscaler_unwell, _scaler, "It reads its metric and can "
"act.")
BUDGET = Health("policy/PodDisruptionBudget", budget_unwell, _budget, "It stands in nobody's way.")
