"""The servers and proxies with their default limits: how each is started and installed."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from tests.deployments.client import HOST

FACTORY: Final = "tests.deployments.application:create_app"
NODE_PROXY: Final = Path(__file__).with_name("proxy.mjs")
_APACHE_MODULES: Final = Path("/usr/lib/apache2/modules")
_NOBODY: Final = 65534


_Command = Callable[[Path, int, int], list[str]]


class Program(NamedTuple):
    """A server, or a proxy in front of one.

    Attributes:
        name: what people call it.
        install: the line that installs it.
        version: its version; None where it is not there.
        command: gives the command that starts it, from a folder for its files, the port where it
            is to listen, and the port behind it (0 for a server).
        is_proxy: whether it needs a server behind it.
    """

    name: str
    install: str
    version: Callable[[], str | None]
    command: _Command
    is_proxy: bool


def _of_distribution(name: str) -> Callable[[], str | None]:
    return lambda: metadata.version(name) if importlib.util.find_spec(name) else None


def _of_executable(name: str, option: str) -> Callable[[], str | None]:
    @functools.cache
    def version() -> str | None:
        program = _found(name)
        if program is None:
            return None
        done = subprocess.run([program, option], capture_output=True, text=True, check=True)
        found = re.search(r"\d+\.\d+\.\d+", done.stdout + done.stderr)
        return found[0] if found else "?"

    return version


def _found(name: str) -> str | None:
    # Debian keeps servers where people other than root do not look.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def _start(name: str, *arguments: str) -> list[str]:
    return [_found(name) or name, *arguments]


def _module(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _gunicorn(folder: Path, port: int, _: int) -> list[str]:
    bind = f"--bind={HOST}:{port}"
    return _module("gunicorn", f"{FACTORY}()", bind, "--no-control-socket", "--log-level=warning")


def _uwsgi(folder: Path, port: int, _: int) -> list[str]:
    options = ["--master", "--die-on-term", "--need-app", "--disable-logging"]
    start = "import pyuwsgi; pyuwsgi.run()"
    http = f"--http={HOST}:{port}"
    return [sys.executable, "-c", start, http, f"--module={FACTORY}()", *options]


def _waitress(folder: Path, port: int, _: int) -> list[str]:
    return _module("waitress", f"--listen={HOST}:{port}", "--call", FACTORY)


def _granian(folder: Path, port: int, _: int) -> list[str]:
    where = [f"--host={HOST}", f"--port={port}"]
    return _module("granian", "--interface=wsgi", "--factory", *where, "--no-log", FACTORY)


def _nginx(folder: Path, port: int, behind: int, *, settings: str = "") -> list[str]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    text = f"""
        daemon off; pid {folder}/pid;
        {"user root;" if os.geteuid() == 0 else ""}
        events {{}}
        http {{
            access_log off; {paths}
            server {{
                listen {HOST}:{port};
                location / {{ proxy_pass http://{HOST}:{behind}; {settings} }}
            }}
        }}
    """
    return _start("nginx", "-e", "stderr", "-c", _written(folder / "nginx.conf", text))


def _nginx_16k(folder: Path, port: int, behind: int) -> list[str]:
    settings = "proxy_buffer_size 16k; proxy_buffers 4 16k;"
    return _nginx(folder, port, behind, settings=settings)


def _apache(folder: Path, port: int, behind: int) -> list[str]:
    modules = ("mpm_event", "authz_core", "proxy", "proxy_http")
    loaded = [f"LoadModule {name}_module {_APACHE_MODULES}/mod_{name}.so" for name in modules]
    # It does not start as root without another user for its workers.
    user = [f"User #{_NOBODY}", f"Group #{_NOBODY}"] if os.geteuid() == 0 else []
    lines = [
        *loaded,
        *user,
        f"ServerName {HOST}",
        f"ServerRoot {folder}",
        f"DefaultRuntimeDir {folder}",
        f"PidFile {folder}/pid",
        f"ErrorLog {folder}/error.log",
        f"Listen {HOST}:{port}",
        f"ProxyPass / http://{HOST}:{behind}/",
    ]
    file = _written(folder / "apache.conf", "\n".join(lines))
    return _start("apache2", "-DFOREGROUND", "-f", file)


def _haproxy(folder: Path, port: int, behind: int) -> list[str]:
    text = f"""
defaults
    mode http
    timeout connect 30s
    timeout client 30s
    timeout server 30s
listen proxy
    bind {HOST}:{port}
    server behind {HOST}:{behind}
"""
    return _start("haproxy", "-q", "-f", _written(folder / "haproxy.cfg", text))


def _lighttpd(folder: Path, port: int, behind: int) -> list[str]:
    text = f"""
server.document-root = "{folder}"
server.bind = "{HOST}"
server.port = {port}
server.modules = ( "mod_proxy" )
proxy.server = ( "" => (( "host" => "{HOST}", "port" => {behind} )) )
"""
    return _start("lighttpd", "-D", "-f", _written(folder / "lighttpd.conf", text))


def _node(folder: Path, port: int, behind: int) -> list[str]:
    return _start("node", str(NODE_PROXY), str(port), str(behind))


def _written(file: Path, text: str) -> str:
    file.write_text(text + "\n", encoding="ascii")
    return str(file)


def _from_pypi(name: str, distribution: str, command: _Command) -> Program:
    return Program(
        name, f"pip install {distribution}", _of_distribution(distribution), command, is_proxy=False
    )


def _from_debian(
    name: str,
    package: str,
    command: _Command,
    *,
    executable: str,
    option: str = "-v",
) -> Program:
    install = f"apt-get install {package}"
    return Program(name, install, _of_executable(executable, option), command, is_proxy=True)


PROGRAMS: Final = {
    "gunicorn": _from_pypi("gunicorn", "gunicorn", _gunicorn),
    "uwsgi": _from_pypi("uWSGI", "pyuwsgi", _uwsgi),
    "waitress": _from_pypi("waitress", "waitress", _waitress),
    "granian": _from_pypi("granian", "granian", _granian),
    "nginx": _from_debian("nginx", "nginx", _nginx, executable="nginx"),
    "nginx-16k": _from_debian("nginx", "nginx", _nginx_16k, executable="nginx"),
    "apache": _from_debian("Apache", "apache2-bin", _apache, executable="apache2"),
    "haproxy": _from_debian("HAProxy", "haproxy", _haproxy, executable="haproxy"),
    "lighttpd": _from_debian("lighttpd", "lighttpd", _lighttpd, executable="lighttpd"),
    "node": _from_debian("Node.js", "nodejs", _node, executable="node", option="--version"),
}
"""By the name of the profile that each is measured for."""
