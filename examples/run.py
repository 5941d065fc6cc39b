"""Set up and start an example: ``python3 examples/run.py [shop] [--port PORT]``.

Everything is kept in the checkout: the environment in .venv, the key that seals the sessions in
examples/shop/instance. Ctrl-C stops the example. ``python3 examples/run.py serverless --shape rest
--adapter mangum`` starts a function of AWS Lambda behind a local front; examples/serverless has it.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "runner"))

import environment

HOST = "127.0.0.1"
VENV = environment.ROOT / ".venv"
INSTALL = {
    "shop": ["-e", ".[flask]", "--group", "example"],
    "serverless": ["-e", ".[aws,flask]", "--group", "serverless"],
}
FACTORY = "shop:create_app()"
SHAPES = ["rest", "http", "url", "alb-single", "alb-multi"]
ADAPTERS = ["apig-wsgi", "mangum"]
FUNCTION_PATH = [
    str(environment.ROOT / "examples" / "serverless" / "function"),
    str(environment.ROOT / "tests" / "runner"),
]
PATIENCE = 30.0
"""Seconds until an example that does not answer is given up."""


def main(arguments: list[str]) -> int:
    """Make the environment, start the example, print its address, and wait for its end.

    Args:
        arguments: those of the command line.

    Returns:
        0 if it was stopped as told, else another exit status.
    """
    parser = argparse.ArgumentParser(
        description="Set up and start an example. Ctrl-C stops it.", prog="examples/run.py"
    )
    parser.add_argument("example", nargs="?", choices=sorted(INSTALL), default="shop")
    parser.add_argument("--port", type=int, default=0, help="the port (a free one if left out)")
    parser.add_argument("--shape", choices=SHAPES, help="serverless: what stands in front (http)")
    parser.add_argument("--adapter", choices=ADAPTERS, help="serverless: apig-wsgi if left out")
    options = parser.parse_args(arguments)
    how = {"--shape": options.shape, "--adapter": options.adapter}
    given = [part for name, value in how.items() if value for part in (name, value)]
    if given and options.example != "serverless":
        parser.error("--shape and --adapter are for the example serverless")
    port = _free_port(options.port)
    install = INSTALL[options.example]
    python = environment.ready(VENV, install=install, note="the package and the example's server")
    command, variables = _command(str(python), port), dict(os.environ)
    if options.example == "serverless":
        _bring_database()
        variables["PYTHONPATH"] = os.pathsep.join(FUNCTION_PATH)
        command = [str(python), "-m", "serverless", "--port", str(port), *given]
    # SIGTERM ends it the way Ctrl-C does, so that no server outlives this program.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(
        command, cwd=environment.ROOT / "examples", env=variables, stdin=subprocess.DEVNULL
    )
    try:
        if not _answers(server, port):
            print("It did not start; its own messages stand above.", file=sys.stderr)
            return 1
        print(
            f"\nThe {options.example} example is at http://{HOST}:{port}/ (Ctrl-C stops it).\n",
            flush=True,
        )
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(server)


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        # As the server will: a port that an earlier run has just left is free.
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except (OSError, OverflowError) as error:
            sys.exit(f"Port {wanted} can't be used ({error}). Leave --port out for a free one.")
        port: int = probe.getsockname()[1]
    # 5000 is taken on some systems by a service of their own, so it is never drawn.
    return port if wanted or port != 5000 else _free_port(0)


def _command(python: str, port: int) -> list[str]:
    if os.name == "nt":
        return [python, "-m", "flask", "--app", FACTORY, "run", "--host", HOST, "--port", str(port)]
    options = ["--workers", "1", "--threads", "4", "--log-level", "warning", "--no-control-socket"]
    return [python, "-m", "gunicorn", "--bind", f"{HOST}:{port}", *options, FACTORY]


def _bring_database() -> None:
    """Dynalite, where that needs no one's leave; the example does without it elsewhere."""
    lacking = [] if shutil.which("npm") else ["npm"]
    if environment.find_node(VENV, minimum=environment.DYNALITE_NODE) is None:
        lacking.append("nodejs")
    if lacking:
        environment.apt_install(*lacking)
    environment.npm_install(VENV / "npm", environment.DYNALITE)


def _answers(server: "subprocess.Popen[bytes]", port: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return server.poll() is None
    return False


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
