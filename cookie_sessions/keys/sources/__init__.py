"""Where rings are read from."""

from cookie_sessions.keys.sources.environment import EnvironmentSource
from cookie_sessions.keys.sources.file import FileSource
from cookie_sessions.keys.sources.function import FunctionSource
from cookie_sessions.keys.sources.source import KeySource, RingFile
from cookie_sessions.keys.sources.url import source_from_url, source_of
from cookie_sessions.keys.sources.wrapping import unwrap, wrap

__all__ = [
    "EnvironmentSource",
    "FileSource",
    "FunctionSource",
    "KeySource",
    "RingFile",
    "source_from_url",
    "source_of",
    "unwrap",
    "wrap",
]
