"""Change evidence: what was altered shortly before a cause began."""

from vigie.graph import clock
from vigie.graph.entity import Entity
from vigie.model.answer import Change

WINDOW = 30 * 60 * clock.SECOND


def change_before(entity: Entity, since: int | None) -> Change | None:
    """The newest change of an entity, or of a revision that it owns, in the half hour before a time."""
    if since is None or not entity.read:
        return None
    found: list[tuple[int, Change]] = []
    for manager, when in _edits(entity):
        if since - WINDOW <= when <= since + clock.SECOND and (entity.created is None or when > entity.created):
            found.append((when, Change(entity, f"edited by {manager}", when, entity.pointer)))
    revisions = [child for child in entity.owned() if child.holds and child.created is not None]
    if len(revisions) > 1:
        newest = max(revisions, key=lambda e: (e.created or 0, e.name))
        when = newest.created or 0
        if since - WINDOW <= when <= since + clock.SECOND:
            found.append((when, Change(newest, "a new revision", when, newest.pointer)))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _edits(entity: Entity) -> list[tuple[str, int]]:
    """Who set the specification or data, and when, where the object still says it."""
    fields = entity.body.get("metadata", {}).get("managedFields")
    out = []
    for entry in fields if isinstance(fields, list) else ():
        if isinstance(entry, dict) and not entry.get("subresource") and isinstance(entry.get("time"), str):
            when = clock.parse(entry["time"])
            if when != clock.MISSING:
                out.append((str(entry.get("manager") or "somebody"), when))
    return out
