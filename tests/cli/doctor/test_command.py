"""The command as it is typed: what it prints, how it ends, and what it never says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cookie_sessions import clock
from cookie_sessions.cli.commands import program
from cookie_sessions.probe import Grant, end_of, new_token
from tests.cli.doctor.stub import Response, cookie_octets, probe, serving

CANARY = "canary-that-nobody-should-see"
TOKEN = "COOKIE_SESSIONS_PROBE_TOKEN"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (TOKEN, "COOKIE_SESSIONS_OVERFLOW"):
        monkeypatch.delenv(name, raising=False)


def doctor(*line: str, **options: Any) -> Result:
    result = CliRunner().invoke(program, ["doctor", *line], **options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def test_a_new_token_comes_with_the_setting_that_admits_it() -> None:
    before = clock.now()
    made = json.loads(doctor("--new-token", "--lasts", "10m", "--json").stdout)
    grant = Grant.from_text(made["setting"], now=clock.now())
    assert grant.admits(made["token"], now=clock.now())
    assert before + 599 <= made["ends"] <= clock.now() + 600
    told = doctor("--new-token")
    assert told.exit_code == 0
    (setting,) = [line for line in told.stdout.splitlines() if line.startswith("COOKIE_SESS")]
    (token,) = [line for line in told.stdout.splitlines() if line.startswith("export")]
    grant = Grant.from_text(setting.partition(" = ")[2].strip('"'), now=clock.now())
    assert grant.admits(token.partition("=")[2], now=clock.now())


@pytest.mark.parametrize("lasts", ["0s", "61m"])
def test_a_token_lasts_an_hour_at_most(lasts: str) -> None:
    assert doctor("--new-token", "--lasts", lasts).exit_code == 2


def test_without_anything_to_look_at_the_line_is_wrong() -> None:
    assert doctor().exit_code == 2


def test_without_a_token_or_with_one_that_has_ended_nobody_is_asked() -> None:
    _, answer = probe()
    ended, _ = new_token(now=clock.now() - 3600)
    assert end_of(ended)
    with serving(answer) as stub:
        none = doctor("--url", stub.url)
        late = doctor("--url", stub.url, env={TOKEN: ended})
        nonsense = doctor("--url", stub.url, "--token", CANARY)
        assert stub.requests == []
    assert [each.exit_code for each in (none, late, nonsense)] == [1, 1, 1]
    assert "--new-token" in none.stderr
    assert "The token has ended" in late.stderr
    assert CANARY not in nonsense.output


def test_a_site_where_all_is_well_ends_with_0_and_tells_machines_all_of_it() -> None:
    token, answer = probe()
    with serving(answer) as stub:
        result = doctor("--url", stub.url, "--json", env={TOKEN: token})
        assert stub.requests[-1].path.endswith("?end")
        again = doctor("--url", stub.url, env={TOKEN: token})
    assert (result.exit_code, result.stderr) == (0, "")
    told = json.loads(result.stdout)
    assert told["ok"] is True
    assert told["limits"]["set_cookies"] == {"passed": 65_536, "failed": None, "refusal": None}
    assert "portable" in told["profiles"]
    assert again.exit_code == 1
    assert "used by another run" in again.stderr


def test_a_site_that_needs_a_change_ends_with_4_and_says_which() -> None:
    def change(request: Any, response: Response) -> Response:
        return Response(431) if cookie_octets(request) > 5_000 else response

    token, answer = probe(change=change)
    with serving(answer) as stub:
        result = doctor("--url", stub.url, "--token", "@-", input=f"{token}\n")
    assert result.exit_code == 4
    assert "one Cookie line        5,000   5,001  431" in result.stdout
    assert "warning: The default profile 'portable' does not fit here" in result.stderr


def test_progress_is_told_on_stderr_where_it_is_asked_for_or_a_terminal_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token, answer = probe()
    with serving(answer) as stub:
        asked = doctor("--url", stub.url, "--progress", env={TOKEN: token})
    assert asked.stderr.startswith("measuring one Cookie line (2 requests yet)\n")
    assert asked.stderr.count("measuring") == 5
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    token, answer = probe()
    with serving(answer) as stub:
        watched = doctor("--url", stub.url, env={TOKEN: token})
    assert "one Cookie line: 512 octets (3 requests)" in watched.stderr
    assert "measuring" not in watched.stdout + watched.stderr


def test_the_cookies_of_a_browser_are_counted_and_neither_sent_nor_shown(tmp_path: Path) -> None:
    file = tmp_path / "cookies"
    file.write_text(f"session={CANARY}; tracker={CANARY * 300}\n")
    token, answer = probe()
    with serving(answer) as stub:
        result = doctor("--url", stub.url, "--cookie", f"@{file}", env={TOKEN: token})
        assert CANARY not in str(stub.requests)
    assert result.exit_code == 4
    assert "The browser's cookies take 8,7" in result.stdout
    assert "  tracker   8,7" in result.stdout
    assert "may refuse this visitor" in result.stderr
    assert CANARY not in result.output


def test_a_store_that_does_not_answer_ends_with_1(tmp_path: Path) -> None:
    well = doctor("--store", f"sqlite:{tmp_path}/overflow.db")
    assert (well.exit_code, well.stderr) == (0, "")
    assert "answers" in well.stdout
    broken = doctor(env={"COOKIE_SESSIONS_OVERFLOW": f"sqlite:{tmp_path}/none/overflow.db"})
    assert broken.exit_code == 1
    assert broken.stderr.startswith("warning: The store sqlite:")
    assert broken.output.count("The store") == 1
    told = json.loads(doctor("--store", "memory:", "--json").stdout)
    assert told["store"]["answers"] is True
    assert "one process" in told["warnings"][0]


def test_a_file_that_can_not_be_read_is_one_line(tmp_path: Path) -> None:
    absent = doctor("--cookie", f"@{tmp_path}/none")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff")
    for result in (absent, doctor("--cookie", f"@{binary}")):
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_no_secret_is_ever_said() -> None:
    token, answer = probe()
    secrets = [token[11:], CANARY]
    with serving(answer) as stub:
        header = f"Authorization: Bearer {CANARY}"
        results = [
            doctor("--url", stub.url, "--header", header, "--progress", env={TOKEN: token}),
            doctor("--url", stub.url, "--header", header, env={TOKEN: token}),
            doctor("--url", stub.url, "--header", CANARY, env={TOKEN: token}),
            doctor("--url", f"https://user:{CANARY}@localhost/", env={TOKEN: token}),
            doctor("--url", f"{stub.url}?{CANARY}", env={TOKEN: token}),
            doctor("--url", "http://127.0.0.1:1/", "--header", header, env={TOKEN: token}),
            doctor("--cookie", f"a={CANARY}; {CANARY}", "--json"),
            doctor("--store", f"redis://:{CANARY}@127.0.0.1:1/0"),
            doctor("--store", f"nothing://{CANARY}"),
            doctor("--token", CANARY, "--url", stub.url),
        ]
        assert ("Authorization", f"Bearer {CANARY}") in stub.requests[0].headers
    assert [result.exit_code for result in results] == [0, 1, 1, 1, 1, 1, 0, 1, 1, 1]
    for result in results:
        assert result.output
        assert not any(secret in result.output for secret in secrets)
