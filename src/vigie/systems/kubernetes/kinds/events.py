"""Events, of both APIs."""

from vigie.kit import EventKind, Kind, Ref, number, text, time


class Event(Kind, api=("v1", "events.k8s.io/v1"), short="ev"):
    """Something that happened to an object, as a component told it; kept for an hour by default."""

    reason = text("reason", "why, in one word")
    type = text("type", "Normal or Warning")
    message = text("message | note", "what happened")
    count = number("series.count | count | deprecatedCount", "how often it was told")
    first = time("firstTimestamp | deprecatedFirstTimestamp | eventTime", "when it was first told")
    last = time(
        "series.lastObservedTime | lastTimestamp | deprecatedLastTimestamp | eventTime", "when it was last told"
    )
    component = text("source.component | reportingComponent | reportingController", "who told it")
    refs = (
        Ref(
            "about",
            "",
            "involvedObject.name | regarding.name",
            kind_at="kind",
            group_at="apiVersion",
            namespace_at="namespace",
            key="fieldPath",
            layer="observed",
        ),
    )


EVENTS = EventKind(Event, "about", Event.reason, Event.type, Event.message, Event.count, Event.first, Event.last)
