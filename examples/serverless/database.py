"""Dynalite, a local server that speaks DynamoDB, for as long as the function runs here."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cookie_sessions.stores.dynamodb import DynamoDBStore

HOST = "127.0.0.1"
TABLE = "jotter"
REGION = "eu-west-1"
PATIENCE = 20.0
"""Seconds until a server that does not answer is given up."""

PROGRAM = Path(sys.prefix) / "npm" / "node_modules" / "dynalite" / "cli.js"
QUICKLY = ["--createTableMs", "0", "--updateTableMs", "0", "--deleteTableMs", "0"]

NOBODY = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Variables for boto3: credentials that this server takes, as it takes any."""


@contextmanager
def dynalite(node: str) -> Iterator[str]:
    """A server with one table, which is gone when the block ends; boto3 has to find credentials.

    Args:
        node: the path of Node.js.

    Yields:
        The beginning of the URL of a store there; ``&prefix=`` may follow.

    Raises:
        OSError: the server did not start.
    """
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    command = [node, str(PROGRAM), "--host", HOST, "--port", str(port), *QUICKLY]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        _wait(process, port)
        url = f"dynamodb:{TABLE}?region={REGION}&endpoint=http://{HOST}:{port}"
        with closing(DynamoDBStore(url)) as store:
            # The local server does not know the operation that has ended items deleted.
            store.create_table(time_to_live=False)
        yield url
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise OSError("dynalite did not start")
