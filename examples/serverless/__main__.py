"""Start the function on this machine, as ``python3 examples/run.py serverless`` does.

That program makes the environment and puts the folders examples, examples/serverless/function and
tests/runner on the path. Settings that stand in the environment (JOTTER_COOKIE_SESSIONS_KEYS and
so on) are used as they are. What is not set is made here: a key file in the folder instance, and a
local DynamoDB.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import environment
from serverless import database
from serverless.front import Front
from serverless.gateway import GATEWAYS
from serverless.sandbox import Sandbox
from shop.keyfile import ensure_key_file

INSTANCE = Path(__file__).resolve().parent / "instance"
HANDLERS = {"apig-wsgi": "jotter.on_apig_wsgi", "mangum": "jotter.on_mangum"}
KEYS = "JOTTER_COOKIE_SESSIONS_KEYS"
REVOCATIONS = "JOTTER_COOKIE_SESSIONS_REVOCATIONS"
OVERFLOW = "JOTTER_COOKIE_SESSIONS_OVERFLOW"
PROFILE = "JOTTER_COOKIE_SESSIONS_PROFILE"
PROFILES = {"alb-single": "aws-alb", "alb-multi": "aws-alb"}
"""What stands in front, where it is not the application's own default."""


def main(arguments: list[str]) -> int:
    """Start the front, and serve until it is stopped.

    Args:
        arguments: those of the command line.

    Returns:
        0 when Ctrl-C or SIGTERM stopped it.
    """
    parser = argparse.ArgumentParser(prog="serverless", description="A function, on this machine.")
    parser.add_argument("--shape", choices=GATEWAYS, default="http", help="what stands in front")
    parser.add_argument("--adapter", choices=HANDLERS, default="apig-wsgi")
    parser.add_argument("--port", type=int, default=0, help="the port (a free one if left out)")
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        try:
            _set_up(options.shape, stack)
            sandbox = Sandbox(HANDLERS[options.adapter])
            stack.callback(sandbox.close)
            gateway = GATEWAYS[options.shape]
            front = stack.enter_context(Front(gateway, sandbox, port=options.port))
            print(f"{gateway.title}, by {options.adapter}, at {front.address}", flush=True)
            front.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            return 0
    return 1


def _set_up(shape: str, stack: ExitStack) -> None:
    """Set what the environment leaves open."""
    if shape in PROFILES:
        os.environ.setdefault(PROFILE, PROFILES[shape])
    if KEYS not in os.environ:
        ensure_key_file(INSTANCE / "keys.json")
        os.environ[KEYS] = f"file:{INSTANCE / 'keys.json'}"
    if REVOCATIONS in os.environ:
        return
    node = environment.find_node(Path(sys.prefix), minimum=environment.DYNALITE_NODE)
    if node is None or not database.PROGRAM.exists():
        print(
            "dynalite is not there (it needs Node.js and npm), so this runs on SQLite instead of "
            "DynamoDB.",
            flush=True,
        )
        INSTANCE.mkdir(mode=0o700, exist_ok=True)
        os.environ[REVOCATIONS] = f"sqlite:{INSTANCE / 'revocations.db'}"
        os.environ.setdefault(OVERFLOW, f"sqlite:{INSTANCE / 'overflow.db'}")
        return
    if not os.environ[KEYS].startswith("aws-"):
        os.environ.update(database.NOBODY)
    url = stack.enter_context(database.dynalite(node))
    print("The database is dynalite; what it holds is gone when this ends.", flush=True)
    os.environ[REVOCATIONS] = f"{url}&prefix=jotter:"
    os.environ.setdefault(OVERFLOW, f"{url}&prefix=jotter-large:")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
