"""Certificates: what is not valid is refused with its cause, and never asked again without looking."""

import asyncio
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from badserver import BadServer, answer, deaf_port, redirect, silence
from certificates import Certificates, new_authority, new_key, openssl, sign
from fetching import BODY, feed_at, fresh, new_fetcher
from pipeline.errors import FetchError, FetchRefused, FetchRetryable, Reason
from pipeline.model import Auth

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    made = new_authority(folder)
    sign(folder, "good", "IP:127.0.0.1", "-days", "2")
    sign(folder, "other-host", "DNS:other.example", "-days", "2")
    sign(folder, "expired", "IP:127.0.0.1", "-days", "-1")
    alone = [
        "-subj",
        "/CN=alone",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-days",
        "2",
        "-out",
        "alone.pem",
    ]
    openssl(folder, "req", "-x509", *new_key("alone"), *alone)
    return made


@contextmanager
def refused() -> Iterator[list[FetchError]]:
    errors: list[FetchError] = []
    with pytest.raises(FetchRefused) as caught:
        yield errors
    errors.append(caught.value)
    assert caught.value.reason is Reason.TLS


async def test_a_source_may_have_an_authority_of_its_own(certificates: Certificates) -> None:
    async with BadServer(tls=certificates.server("good")) as server, new_fetcher() as fetcher:
        url = server.on("/feed", answer(body=BODY))
        response = await fetcher.fetch(feed_at(url, ca_file=certificates.authority), fresh())
        assert response.body == BODY
        with refused():  # the same host in the same moment, for a source that trusts the public ones only
            await fetcher.fetch(feed_at(url), fresh())
        assert len(server.journal) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("expired", "certificate has expired"),
        ("alone", "self-signed certificate"),
        ("other-host", "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
async def test_f15_a_certificate_that_is_not_valid_is_refused_with_its_cause(
    certificates: Certificates, name: str, words: str
) -> None:
    async with BadServer(tls=certificates.server(name)) as server, new_fetcher() as fetcher:
        feed = feed_at(server.on("/feed", answer(body=BODY)), ca_file=certificates.authority)
        with refused() as errors:
            await fetcher.fetch(feed, fresh())
        assert errors[0].detail.replace("self signed", "self-signed") == (
            f"the certificate of 127.0.0.1 is not valid: {words}"
        )
        assert server.journal == []


async def test_f15_an_authority_that_is_not_known_is_refused(certificates: Certificates) -> None:
    async with BadServer(tls=certificates.server("good")) as server, new_fetcher() as fetcher:
        with refused() as errors:
            await fetcher.fetch(feed_at(server.on("/feed", answer(body=BODY))), fresh())
    assert "unable to get local issuer certificate" in errors[0].detail


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", "protocol version"),  # a fatal alert: only TLS 1.0 and 1.1 spoken
        (b"\x15\x03\x01\x00\x02\x02\x28", "handshake failure"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ""),
    ],
    ids=["old-protocol", "no-common-cipher", "no-tls-at-all"],
)
async def test_f15_a_server_that_speaks_no_tls_of_today_is_refused(reply: bytes, words: str) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server, new_fetcher() as fetcher:
        with refused() as errors:
            await fetcher.fetch(feed_at(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"), fresh())
    assert errors[0].detail.startswith("no secure connection to 127.0.0.1: ")
    assert words in errors[0].detail


async def test_f15_a_server_that_closes_inside_the_handshake_is_said(certificates: Certificates) -> None:
    old = certificates.server("good")
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with BadServer(tls=old) as server, new_fetcher() as fetcher:
        feed = feed_at(server.on("/feed", answer(body=BODY)), ca_file=certificates.authority)
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(feed, fresh())
        assert caught.value.reason in (Reason.TLS, Reason.CONNECT)
        assert not caught.value.detail.endswith(": ")
        assert server.journal == []


async def test_f15_a_handshake_that_stalls_ends() -> None:
    with deaf_port() as port:
        async with new_fetcher(timeout_s=0.3) as fetcher:
            with pytest.raises(FetchRetryable) as caught:
                await fetcher.fetch(feed_at(f"https://127.0.0.1:{port}/"), fresh())
    assert caught.value.reason is Reason.TIMEOUT


async def test_f09_a_redirect_from_https_to_http_is_refused(certificates: Certificates) -> None:
    async with (
        BadServer() as plain,
        BadServer(tls=certificates.server("good")) as server,
        new_fetcher() as fetcher,
    ):
        auth = Auth(kind="bearer", secret="c4nary")
        url = server.on("/feed", redirect(plain.on("/feed", answer(body=BODY))))
        with pytest.raises(FetchRefused) as caught:
            await fetcher.fetch(feed_at(url, ca_file=certificates.authority, auth=auth), fresh())
        assert caught.value.reason is Reason.REDIRECTS
        assert plain.connections == 0


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("no certificate", "holds no")])
async def test_a_ca_file_that_is_none_is_said(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    async with new_fetcher() as fetcher:
        with refused() as errors:
            await fetcher.fetch(feed_at("https://127.0.0.1:1/", ca_file=str(file)), fresh())
    assert words in errors[0].detail


async def test_a_renewed_ca_file_is_taken_up(certificates: Certificates, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    shutil.copy(certificates.folder / "alone.pem", file)
    async with BadServer(tls=certificates.server("good")) as server, new_fetcher() as fetcher:
        feed = feed_at(server.on("/feed", answer(body=BODY)), ca_file=str(file))
        with refused():
            await fetcher.fetch(feed, fresh())
        shutil.copy(certificates.authority, file)
        assert (await fetcher.fetch(feed, fresh())).body == BODY


async def test_a_secure_feed_comes_through_the_tunnel_of_its_proxy(certificates: Certificates) -> None:
    heads: list[bytes] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        inward, outward = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HTTP/1.1 200 Go on\r\n\r\n")
        await asyncio.gather(pass_on(reader, outward), pass_on(inward, writer))

    async with (
        BadServer(tls=certificates.server("good")) as server,
        await asyncio.start_server(proxy, "127.0.0.1", 0) as listener,
        new_fetcher() as fetcher,
    ):
        through = f"http://desk:c4nary@127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        feed = feed_at(server.on("/feed", answer(body=BODY)), ca_file=certificates.authority, proxy=through)
        for _ in range(2):
            assert (await fetcher.fetch(feed, fresh())).body == BODY
        (head,) = heads
    assert head.startswith(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic " in head
    assert [(asked.target, asked.header("proxy-authorization")) for asked in server.journal] == [
        ("/feed", None)
    ] * 2


async def test_a_handshake_then_silence_ends(certificates: Certificates) -> None:
    async with BadServer(tls=certificates.server("good")) as server, new_fetcher(timeout_s=0.5) as fetcher:
        feed = feed_at(server.on("/feed", silence()), ca_file=certificates.authority)
        with pytest.raises(FetchRetryable) as caught:
            await fetcher.fetch(feed, fresh())
    assert caught.value.reason is Reason.TIMEOUT
