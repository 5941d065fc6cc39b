"""Build wheel and sdist, install them outside the checkout, and use them there.

python3 tests/wheel/run.py         under this Python, with the newest dependencies
python3 tests/wheel/run.py --all   under every CPython from 3.11 on that the machine has; with the
                                   oldest and with the newest dependencies, and a part of the tests
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "runner"))

import dependencies
import distributions
import environment
import pythons

PYPROJECT = environment.ROOT / "pyproject.toml"
# What the chosen tests need beside the package and all its extras.
TOOLS = [
    *["asgiref", "flask-cors", "flask-login", "flask-wtf", "hypothesis", "pytest"],
    *["opentelemetry-sdk"],
]
CORE = [
    *["tests/cli/test_commands.py", "tests/cli/test_flask_group.py", "tests/cli/test_program.py"],
    *[
        "tests/codec",
        "tests/cookies/test_reader.py",
        "tests/flask",
        "tests/keys",
        "tests/observing",
    ],
    *["tests/policy", "tests/releases", "tests/stores/test_dynamodb_answers.py"],
    *[
        "tests/stores/test_memcached.py",
        "tests/stores/test_redis.py",
        "tests/stores/test_sqlite.py",
    ],
    *["tests/test_claims.py", "tests/test_crypto.py", "tests/test_envelope.py"],
    *["tests/test_manager.py", "tests/test_proxy.py", "tests/test_public_api.py"],
    *["tests/test_sealer.py", "tests/test_session.py", "tests/vectors/test_vectors.py"],
]
# An extra whose dependency asks for a newer cryptography than the package does is tried apart.
APART = {
    "wrapped": [
        *["tests/keys/sources/test_file.py", "tests/keys/sources/test_wrapped.py"],
        *["tests/keys/sources/test_wrapping.py", "tests/test_crypto.py"],
    ]
}
# They look at the checkout itself, or are of an extra that is tried apart.
LEFT_OUT = {
    "newest": ["tests/codec/test_dictionary.py", "tests/keys/test_cost.py"],
    "oldest": [
        *["tests/codec/test_dictionary.py", "tests/keys/test_cost.py"],
        *[path for path in APART["wrapped"] if "sources" in path],
    ],
}
# Old releases of botocore call what newer Pythons have deprecated.
OLD_WARNINGS = ["-W", "ignore:datetime.datetime.utcnow:DeprecationWarning"]
AWAY = ["tests", "docs", "examples", "benchmarks", "pyproject.toml", "README.md", "SECURITY.md"]


def main(arguments: list[str]) -> int:
    """Build, compare the files, install, and use what is installed.

    Args:
        arguments: none, "--all", "--help", or what one run of ``--all`` gives to the next Python.

    Returns:
        0 if everything works, else another exit status.
    """
    if arguments[:1] == ["--use"]:
        return _use_under_this_python(Path(arguments[1]), arguments[2])
    if arguments not in ([], ["--all"]):
        print(__doc__)
        return int(arguments not in (["-h"], ["--help"]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        built = distributions.build(folder)
        from_sdist = distributions.wheel_of(built.sdist, folder)
        faults = distributions.faults(built, from_sdist)
        for fault in faults:
            print(fault)
        if faults:
            return 1
        print(f"{built.wheel.name} and {built.sdist.name} hold what they should.", flush=True)
        return _use_under_all(from_sdist) if arguments else _use_under_this_python(from_sdist, "")


def _use_under_all(wheel: Path) -> int:
    program = str(Path(__file__).resolve())
    failed = []
    for python in pythons.installed():
        for end in ("newest", "oldest", *APART):
            print(f"\n== {python}: {end}", flush=True)
            command = [str(python), program, "--use", str(wheel), end]
            if subprocess.run(command, check=False).returncode:
                failed.append(f"{python}: {end}")
    print("\nFailed: " + "; ".join(failed) if failed else "\nAll of them work.")
    return int(bool(failed))


def _use_under_this_python(wheel: Path, end: str) -> int:
    """Install a wheel into an environment of its own and use it.

    Args:
        wheel: its file.
        end: "newest", "oldest" or an extra of APART, and then a part of the tests is run too; or
            nothing.

    Returns:
        0 if all went well.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        extras = _extras(end)
        pins = folder / "oldest.txt"
        oldest = dependencies.oldest(PYPROJECT, extras) if end not in ("", "newest") else []
        pins.write_text("\n".join(oldest), encoding="ascii")
        wanted = [f"{wheel}[{','.join(extras)}]", *(TOOLS if end else [])]
        python = environment.ready(
            folder / "venv",
            install=[*wanted, "--constraint", str(pins)],
            note=f"the wheel with {', '.join(oldest) or 'the newest dependencies'}",
        )
        if end not in APART:
            use = (Path(__file__).parent / "use_installed.py").read_text(encoding="utf-8")
            command = [str(python), "-I", "-W", "error", "-c", use]
            if subprocess.run(command, cwd=folder, check=False).returncode:
                return 1
        return _test(python, folder, end) if end else 0


def _extras(end: str) -> list[str]:
    if end in APART:
        return ["cli", end]
    if not end:
        return ["cli", "flask"]
    apart = APART if end == "oldest" else {}
    return [extra for extra in dependencies.extras(PYPROJECT) if extra not in apart]


def _test(python: Path, folder: Path, end: str) -> int:
    """Run a part of the tests in a folder where there is no checkout of the package."""
    away = folder / "away"
    away.mkdir()
    for name in AWAY:
        source = environment.ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, away / name)
    leave = [f"--ignore={path}" for path in LEFT_OUT.get(end, [])]
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *leave, *OLD_WARNINGS]
    return subprocess.run([*command, *APART.get(end, CORE)], cwd=away, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
