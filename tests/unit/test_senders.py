"""Who may send mail into a source: by From, and by what the receiving server says of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model import Feed, SourceKind
from pipeline.sources.senders import unwelcome

POST = Feed(
    id="post",
    kind=SourceKind.MAILBOX,
    url="imaps://mail.example/INBOX",
    senders=("desk@agency.example", "wire.example"),
)
STRICT = Feed(
    id="strict",
    kind=SourceKind.MAILBOX,
    url="imaps://mail.example/INBOX",
    senders=("wire.example",),
    authenticated_by="mx.mail.example",
)
OPEN = Feed(id="open", kind=SourceKind.MAILBOX, url="imaps://mail.example/INBOX")


def mail(*headers: str) -> bytes:
    return "\r\n".join((*headers, "Subject: Story", "", "KABUL - Copy.")).encode()


@pytest.mark.parametrize(
    "sender",
    ["desk@agency.example", "Desk <DESK@Agency.Example>", '"A, B" <anyone@wire.example>', "a@WIRE.example"],
)
def test_those_who_are_listed_may_send(sender: str) -> None:
    assert unwelcome(mail(f"From: {sender}"), POST) is None


@pytest.mark.parametrize(
    "headers",
    [
        ("From: stranger@elsewhere.example",),
        ("From: other@agency.example",),
        ("From: a@sub.wire.example",),
        ("From: a@notwire.example",),
        ("From: desk@agency.example <x@elsewhere.example>",),
        ("From: desk@agency.example, x@elsewhere.example",),
        ("From: desk@agency.example", "From: x@elsewhere.example"),
        ("From: x@elsewhere.example", "Sender: desk@agency.example"),
        ("From: @wire.example",),
        ("From:",),
        ("X: y", "", "From: desk@agency.example"),
        (),
    ],
)
def test_nobody_else_may(headers: tuple[str, ...]) -> None:
    assert unwelcome(mail(*headers), POST) is not None
    assert unwelcome(mail(*headers), OPEN) is None


def results(*lines: str) -> bytes:
    return mail(*(f"Authentication-Results: {line}" for line in lines), "From: a@wire.example")


@pytest.mark.parametrize(
    "line",
    [
        "mx.mail.example; dmarc=pass header.from=wire.example",
        "mx.mail.example 1; spf=fail; dkim=none (no key); DMARC = pass (p=reject)",
        "MX.Mail.Example; dmarc=pass (p=none dis=none (of them)) header.from=wire.example",
        'mx.mail.example; spf=pass smtp.mailfrom="a; b"@wire.example; dmarc=pass',
    ],
)
def test_what_the_receiving_server_found_counts(line: str) -> None:
    assert unwelcome(results(line), STRICT) is None


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("mx.mail.example; dmarc=fail",),
        ("mx.mail.example; spf=pass; dkim=pass",),
        ("mx.mail.example; (dmarc=pass) dmarc=fail",),
        ("mx.mail.example; none",),
        ("mx.elsewhere.example; dmarc=pass",),
        ("mx.elsewhere.example; dmarc=fail", "mx.mail.example; dmarc=pass"),
        ("mx.mail.example; xdmarc=pass",),
        ('mx.mail.example; spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example',),
        ('mx.mail.example; spf=pass smtp.mailfrom="x\\"; dmarc=pass \\"y"@evil.example',),
        ("mx.mail.example; spf=fail (of (x); dmarc=pass y)",),
        ("mx.mail.example; spf=fail (of x; dmarc=pass",),
        ('mx.mail.example; spf=pass smtp.mailfrom="x; dmarc=pass',),
        ('mx.mail.example; spf=pass (sender "a)"; dmarc=pass ("@evil.example)',),
    ],
)
def test_what_others_say_or_did_not_find_does_not(lines: tuple[str, ...]) -> None:
    assert "does not say that the mail is from a@wire.example" in (unwelcome(results(*lines), STRICT) or "")


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_welcome_or_not(body: bytes) -> None:
    assert unwelcome(b"From: " + body, POST) is None or unwelcome(body, STRICT) is not None
