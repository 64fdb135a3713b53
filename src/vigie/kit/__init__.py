"""The kit: everything that a system may import. What is here is public and pure; nothing here does I/O."""

from vigie.graph import clock
from vigie.graph.entity import Condition, Edge, Entity, Row, valid_name
from vigie.graph.graph import Graph
from vigie.graph.hosts import Address
from vigie.graph.hosts import parse as address
from vigie.graph.selectors import matches
from vigie.graph.tables import RowTable, Table
from vigie.graph.words import Log, LogLine, Record
from vigie.kit.collect import system
from vigie.kit.quantity import quantity
from vigie.model.document import Document
from vigie.model.finding import Found, Hop, Leans, Outcome, Proof, Provable, Unknown, found, leans
from vigie.model.kind import (
    EdgeType,
    Field,
    Key,
    Kind,
    Ref,
    Rows,
    Selector,
    anything,
    flag,
    mapping,
    number,
    text,
    time,
)
from vigie.model.rule import Rule, rule
from vigie.model.signal import Signal
from vigie.model.symptom import Symptom, column, condition, event
from vigie.model.system import CauseClass, EventKind, Health, System

__all__ = [
    "Address",
    "CauseClass",
    "Condition",
    "Document",
    "Edge",
    "EdgeType",
    "Entity",
    "EventKind",
    "Field",
    "Found",
    "Graph",
    "Health",
    "Hop",
    "Key",
    "Kind",
    "Leans",
    "Log",
    "LogLine",
    "Outcome",
    "Proof",
    "Provable",
    "Record",
    "Ref",
    "Row",
    "RowTable",
    "Rows",
    "Rule",
    "Selector",
    "Signal",
    "Symptom",
    "System",
    "Table",
    "Unknown",
    "address",
    "anything",
    "clock",
    "column",
    "condition",
    "event",
    "flag",
    "found",
    "leans",
    "mapping",
    "matches",
    "number",
    "quantity",
    "rule",
    "system",
    "text",
    "time",
    "valid_name",
]
