"""The doctor's client: where it goes, what it refuses, and when it stops."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cookie_sessions.cli.doctor import site as sites
from cookie_sessions.cli.doctor.site import Site, parse_header
from cookie_sessions.errors import ConfigurationError, CookieSessionsError, Unavailable, UsageError
from cookie_sessions.probe import PATH
from tests.cli.doctor.stub import Request, Response, probe, serving


def status(number: int) -> Response:
    return Response(number, [("Location", "https://elsewhere.test/")])


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (302, "follows none"),
        (401, "sign in first"),
        (404, "no probe for this token"),
        (429, "how often it is asked"),
        (200, "no probe for this token"),
        (0, "closes the connection"),
    ],
)
def test_an_answer_that_is_not_the_probes_ends_the_run_after_one_request(
    number: int, said: str
) -> None:
    with serving(lambda _: status(number)) as stub:
        site = Site(stub.url, token="1")
        with pytest.raises(Unavailable, match=said):
            site.control()
        assert len(stub.requests) == 1


def test_requests_go_below_the_given_address_only() -> None:
    token, answer = probe()
    with serving(answer) as stub:
        site = Site(f"{stub.url}shop/", token=token, headers=[("Authorization", "Basic x")])
        site.ask(cookies=["a=1", "b=2"], set_octets=4000)
        site.end()
        first, last = stub.requests
    assert first.path == f"/shop{PATH}?set=4000&lines=1"
    assert last.path == f"/shop{PATH}?end"
    assert [value for name, value in first.headers if name == "Cookie"] == ["a=1", "b=2"]
    assert ("Authorization", "Basic x") in first.headers


def test_it_stops_by_itself_after_so_many_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "MAX_REQUESTS", 3)
    token, answer = probe()
    with serving(answer) as stub:
        site = Site(stub.url, token=token)
        for _ in range(3):
            site.ask()
        with pytest.raises(Unavailable, match="asked 3 times"):
            site.ask()
        assert len(stub.requests) == 3


def test_it_stops_by_itself_after_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "MAX_SECONDS", -1)
    with pytest.raises(Unavailable, match="no end was in sight"):
        Site("http://127.0.0.1:1/", token="1").ask()


def test_an_answer_of_nonsense_is_no_answer_of_the_probe() -> None:
    bodies = iter([b"\xff", b"[]", b"{}", b"<html>", b'{"cookies": 1}'])

    def answer(_: Request) -> Response:
        return Response(200, [], next(bodies))

    with serving(answer) as stub:
        site = Site(stub.url, token="1")
        assert [site.ask().told for _ in range(5)] == [{}] * 5


def test_a_response_that_no_client_reads_counts_as_closed() -> None:
    with serving(lambda _: Response(200, [("Set-Cookie", "v" * 70_000)])) as stub:
        assert Site(stub.url, token="1").ask().status == 0


def test_a_site_that_is_not_there_is_said_to_be_unreachable() -> None:
    with pytest.raises(Unavailable, match="can't be reached: Connection refused"):
        Site("http://127.0.0.1:1/", token="1").control()


def test_a_name_that_no_host_can_have_is_said_to_be_unreachable() -> None:
    with pytest.raises(Unavailable, match="its name is none"):
        Site(f"http://{'x' * 64}.test/", token="1").control()


def test_the_end_of_a_run_that_reaches_nobody_is_no_error() -> None:
    Site("http://127.0.0.1:1/", token="1").end()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "ftp://shop.example/",
        "https://",
        "https://shop.example:x/",
        "https://shop.example/?a=canary",
        "https://user:canary@shop.example/",
        "https://shop.example/#canary",
        "https://shop.example/\r\nX: canary",
        "https://shöp.example/",
        "https://[::1/",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Site(url, token="1")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "canary",
        "Name canary: x",
        "Näme: canary",
        "Name: canary\r\nX: y",
        "Name: canary é",
        "Cookie: canary",
        "host: canary",
        "Cookie-Sessions-Probe: canary",
        ": canary",
    ],
)
def test_a_header_that_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_header(text)
    assert "canary" not in str(caught.value)


def test_a_header_is_read_as_it_is_written() -> None:
    assert parse_header("Authorization:  Basic a:b= ") == ("Authorization", "Basic a:b=")


def test_neither_a_token_nor_a_header_is_shown() -> None:
    site = Site("https://shop.example/x/", token="canary", headers=[("A", "canary")])
    assert repr(site) == "<Site https://shop.example/x/>"


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate for localhost that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "localhost.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def test_a_certificate_is_verified_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    token, answer = probe()
    with serving(answer, context=context) as stub:
        with pytest.raises(CookieSessionsError, match=r"self-signed certificate.*SSL_CERT_FILE"):
            Site(stub.url, token=token).control()
        assert stub.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        trusting = Site(stub.url, token=token)
        assert trusting.control().status == 200
        assert trusting.is_encrypted
        # The name counts too.
        with pytest.raises(CookieSessionsError, match="IP address mismatch"):
            Site(stub.url.replace("localhost", "127.0.0.1"), token=token).control()
