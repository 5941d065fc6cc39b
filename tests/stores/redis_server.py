"""Real Redis servers on this machine: one, and a cluster of three."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.conftest import missing
from tests.held_port import HOST, held_port

__all__ = ["HOST", "IN_CLUSTER", "RedisCluster", "RedisServer", "until"]

PATIENCE = 60.0
"""Seconds until a server that does not start or stop is given up."""

IN_CLUSTER = ("cluster-enabled yes", "cluster-node-timeout 60000")
"""Those that hold one another up for gone close the whole cluster, so tests are over before."""

INSTALL = "apt-get install redis-server"
SERVER = "redis-server"


def until(there: Callable[[], bool]) -> None:
    """Return when ``there`` is true."""
    deadline = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class RedisServer:
    """One process of redis-server, stopped and started on the same port.

    Args:
        folder: where it keeps its files and its log.
        settings: lines of its configuration.
        password: what its users must know.
        sentinel: whether it watches others instead of keeping data.
    """

    def __init__(
        self, folder: Path, *settings: str, password: str | None = None, sentinel: bool = False
    ) -> None:
        if shutil.which(SERVER) is None:
            missing("a Redis server", INSTALL)
        folder.mkdir(parents=True, exist_ok=True)
        self.port = held_port(self, with_cluster_bus="cluster-enabled yes" in settings)
        self._password = password
        self._sentinel = sentinel
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        lines = [f"port {self.port}", f"bind {HOST}", f"dir {folder}", "protected-mode no"]
        if not sentinel:
            lines += ['save ""', "repl-diskless-sync-delay 0", f"unixsocket {self.socket}"]
        if password is not None:
            lines.append(f"requirepass {password}")
        self._file.write_text("\n".join([*lines, *settings, ""]), encoding="ascii")

    @property
    def socket(self) -> Path:
        """Where it also listens."""
        return self._folder / "sock"

    @property
    def _file(self) -> Path:
        return self._folder / "redis.conf"

    def start(self) -> None:
        """Start it; returns when it answers."""
        command = [SERVER, str(self._file), *(["--sentinel"] if self._sentinel else [])]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                self.stop()
                raise RuntimeError((self._folder / "log").read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill it, and wait until it has gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        process = self._signal(signal.SIGSTOP)
        if process.poll() is None:
            # A signal is only on its way yet: it might answer once more.
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def client(self) -> Redis:
        """A client of the tests' own."""
        return Redis(
            HOST,
            self.port,
            password=self._password,
            protocol=2,
            socket_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )

    def tell(self, *arguments: str | int) -> object:
        """The answer to one command."""
        with self.client() as client:
            return client.execute_command(*arguments)

    def _answers(self) -> bool:
        try:
            self.tell("PING")
        except RedisError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> subprocess.Popen[bytes]:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process


class RedisCluster:
    """Three servers that share the slots.

    Args:
        folder: for their files.
    """

    def __init__(self, folder: Path) -> None:
        self.servers = [RedisServer(folder / str(number), *IN_CLUSTER) for number in range(3)]

    @property
    def hosts(self) -> str:
        return ",".join(f"{HOST}:{server.port}" for server in self.servers)

    def make(self) -> None:
        """Start the servers and give each a third of the slots; returns when all agree."""
        for server in self.servers:
            server.start()
        first, *others = self.servers
        bounds = [0, 5461, 10_922, 16_384]
        for server, low, high in zip(self.servers, bounds, bounds[1:], strict=False):
            server.tell("CLUSTER ADDSLOTSRANGE", low, high - 1)
            server.tell("CLUSTER SET-CONFIG-EPOCH", low + 1)
        for server in others:
            server.tell("CLUSTER MEET", HOST, first.port)
        self.wait()

    def wait(self) -> None:
        """Return when each server sees the whole cluster."""
        until(lambda: all(self._is_whole(server) for server in self.servers))

    def start(self) -> None:
        for server in self.servers:
            server.start()
        self.wait()

    def stop(self) -> None:
        for server in self.servers:
            server.stop()

    def pause(self) -> None:
        for server in self.servers:
            server.pause()

    def resume(self) -> None:
        for server in self.servers:
            server.resume()
        self.wait()

    @staticmethod
    def _is_whole(server: RedisServer) -> bool:
        info = server.tell("CLUSTER INFO")
        assert isinstance(info, dict)
        return info["cluster_state"] == "ok" and int(info["cluster_known_nodes"]) == 3
