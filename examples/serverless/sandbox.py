"""One sandbox of AWS Lambda: a process that is started once and answers one event at a time."""

from __future__ import annotations

import importlib
import json
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from serverless.api_gateway import ACCOUNT, REGION
from serverless.exchange import BadAnswerError, Event

Handler = Callable[[Event, Any], Any]

SECONDS: Final = 15
"""How long one event may take, as template.yaml says."""

_NAME: Final = "jotter"

_log = logging.getLogger("serverless")


class Context:
    """What a handler gets beside its event.

    As the developer guide of AWS Lambda lists it: "Using the Lambda context object to retrieve
    Python function information".
    """

    function_name = _NAME
    function_version = "$LATEST"
    invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{_NAME}"
    memory_limit_in_mb = "512"
    log_group_name = f"/aws/lambda/{_NAME}"
    log_stream_name = "local"
    identity = None
    client_context = None

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self._ends = time.monotonic() + SECONDS

    def get_remaining_time_in_millis(self) -> int:
        """How long the function may still take."""
        return max(0, round((self._ends - time.monotonic()) * 1000))


class Sandbox:
    """Loads a handler at its first event, and keeps it: what it has made lives on between events.

    Where loading fails, the next event tries again, as a new sandbox would.

    Args:
        module: the module whose ``handler`` it is.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._handler: Handler | None = None
        # All events are answered by the same thread, one after the other.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox")

    def invoke(self, event: Event) -> Any:
        """Call the handler; what goes in and out is JSON, as in AWS.

        Args:
            event: what a gateway made of a request.

        Returns:
            What the handler returned.

        Raises:
            BadAnswerError: it raised, or returned something else than JSON.
        """
        return self._thread.submit(self._invoke, event).result()

    def close(self) -> None:
        """End the thread, when it has answered what it was asked."""
        self._thread.shutdown()

    def _invoke(self, event: Event) -> Any:
        arrived = json.loads(json.dumps(event))
        try:
            handler = self._handler or importlib.import_module(self._module).handler
            self._handler = handler
            return json.loads(json.dumps(handler(arrived, Context())))
        except Exception as error:  # noqa: BLE001 - a function may raise anything.
            _log.exception("The function failed.")
            raise BadAnswerError(f"it raised {type(error).__name__}") from None
