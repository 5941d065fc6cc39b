"""A warmed process that is copied, and what its copies draw: run by the tests of crypto.py.

``python -m tests.copied_process fork`` copies it by ``os.fork``. ``... image`` copies it by the
bare system call, behind the backs of the interpreter and of the C library: no hook of either runs,
so every copy has the same memory, the state of Python's generators and of OpenSSL's included, as
two processes restored from one snapshot have it.

Each copy prints one line: a number from Python's own generator, a session id, and its nonces.
"""

from __future__ import annotations

import ctypes
import os
import platform
import random
import signal
import sys
from collections.abc import Callable

from cookie_sessions.claims import Claims
from cookie_sessions.crypto import NONCE_OCTETS, Aead

COPIES = 48
SEALS = 20

CLONE = {"x86_64": 56, "aarch64": 220}
"""The number of the system call clone, by machine."""


def _bare_clone() -> int:
    # With the lock of the interpreter held, so that the copy finds it its own.
    system_call = ctypes.PyDLL(None, use_errno=True).syscall
    system_call.restype = ctypes.c_long
    return int(system_call(CLONE[platform.machine()], int(signal.SIGCHLD), 0, 0, 0, 0))


def _line(aead: Aead) -> bytes:
    drawn = [
        random.getrandbits(128).to_bytes(16, "big"),
        Claims.begin(now=0, until=0).sid,
        *(aead.seal(b"", b"")[:NONCE_OCTETS] for _ in range(SEALS)),
    ]
    return " ".join(octets.hex() for octets in drawn).encode() + b"\n"


def main(copy: Callable[[], int]) -> int:
    aead = Aead(bytes(range(32)))
    for _ in range(100):
        aead.open(aead.seal(b"warm", b""), b"")
        random.random()
    children: list[int] = []
    for _ in range(COPIES):
        child = copy()
        if child == 0:
            # One write of less than PIPE_BUF octets reaches the pipe whole.
            os.write(1, _line(aead))
            os._exit(0)
        children.append(child)
    os.write(1, _line(aead))
    return max(os.waitpid(child, 0)[1] for child in children)


if __name__ == "__main__":
    raise SystemExit(main({"fork": os.fork, "image": _bare_clone}[sys.argv[1]]))
