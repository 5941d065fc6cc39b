"""Functions behind a gateway (AWS Lambda): what the adapter between them does to cookies."""

from cookie_sessions.gateway.guard import Guarded, guarded
from cookie_sessions.gateway.reading import Unreadable, readable
from cookie_sessions.gateway.self_test import Finding, Handler, MakeHandler, examine
from cookie_sessions.gateway.shape import EventShape, shape_of, synthetic

__all__ = [
    "EventShape",
    "Finding",
    "Guarded",
    "Handler",
    "MakeHandler",
    "Unreadable",
    "examine",
    "guarded",
    "readable",
    "shape_of",
    "synthetic",
]
