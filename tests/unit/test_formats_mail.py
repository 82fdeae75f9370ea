"""Mail: limits for hostile ones, and the parts of ordinary ones."""

import time

import pytest

from pipeline.errors import ParseError, Reason
from pipeline.formats.detect import read
from pipeline.model import Entry, Parsed

HEAD = b"From: Harbour Desk <desk@harbour.example>\nMessage-ID: <1@harbour.example>\nSubject: Ferries\n"
STORY = b"QUILLPORT, Feb 3 (Harbour) - Ferries sailed again.\n"


def mail(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    """Make a multipart mail of parts with their own headers."""
    body = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return (
        HEAD
        + b"MIME-Version: 1.0\nContent-Type: multipart/"
        + kind
        + b'; boundary="b"\n\n'
        + body
        + b"--b--\n"
    )


def part(kind: bytes, body: bytes, extra: bytes = b"") -> bytes:
    return b"Content-Type: " + kind + b"\n" + extra + b"\n" + body


def parse(body: bytes) -> Parsed:
    return read(body, name="mail")


def only(body: bytes) -> Entry:
    (entry,) = parse(body).entries
    return entry


def nested(depth: int) -> bytes:
    body = HEAD
    for n in range(depth):
        body += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n)
    return body + b"Content-Type: text/plain\n\n" + STORY


@pytest.mark.parametrize(
    "body",
    [
        nested(30),
        nested(499),
        mail(*[part(b"text/plain", STORY)] * 501),
        HEAD + b"X: boundary=\n" * 501 + b"\nx",
    ],
    ids=["nested", "very nested", "many parts", "many boundaries"],
)
def test_too_much_of_a_mail_is_refused_soon(body: bytes) -> None:
    begun = time.monotonic()
    with pytest.raises(ParseError) as caught:
        parse(body)
    assert caught.value.reason in {Reason.PARSE_LIMIT, Reason.PARSE_FAILED}
    assert time.monotonic() - begun < 2


def test_a_huge_header_is_cut() -> None:
    entry = only(HEAD.replace(b"Ferries", b"Ferries " * 50_000) + b"\n" + STORY)
    assert entry.headline is not None
    assert len(entry.headline) == 1_000


@pytest.mark.parametrize(
    ("subject", "headline"),
    [
        (b"=?utf-8?B?RsOkaHJl?= sails", "Fähre sails"),
        (b"=?iso-8859-1?Q?F=E4hre?=\n =?iso-8859-1?Q?_f=E4hrt?=", "Fähre fährt"),
        (b"=?nonsense?Q?F=E4hre?=", "Fähre"),
        (b"=?utf-8?B?!!!?=", None),
        (b"F\xc3\xa4hre", "Fähre"),
        (b"F\xe4hre", "Fähre"),
        (b"RE: WG: Fwd: UPDATE 1-Ferries", "UPDATE 1-Ferries"),
        (b"", None),
    ],
)
def test_a_subject_is_the_headline(subject: bytes, headline: str | None) -> None:
    assert only(HEAD.replace(b"Ferries", subject) + b"\n" + STORY).headline == headline


@pytest.mark.parametrize(
    ("sender", "provider"),
    [
        (b'"Desk, Harbour" <desk@harbour.example>', "Desk, Harbour"),
        (b"<desk@harbour.example>", "desk@harbour.example"),
        (b"desk@harbour.example", "desk@harbour.example"),
        (b"(" * 5_000 + b"<a@b>", ("(" * 5_000)[:200]),
    ],
)
def test_the_sender_is_a_name_else_an_address(sender: bytes, provider: str) -> None:
    head = b"From: " + sender + b"\nMessage-ID: <1@x>\nSubject: x\n"
    assert only(head + b"\n" + STORY).provider == provider


def test_plain_text_is_chosen_before_its_html() -> None:
    html = part(b"text/html", b"<p>QUILLPORT, Feb 3 (Harbour) - Ferries sailed again.</p>")
    entry = only(mail(part(b"text/plain", STORY), html, kind=b"alternative"))
    assert (entry.text, entry.html) == (STORY.decode(), None)


def test_html_is_chosen_where_the_plain_text_says_little() -> None:
    html = part(b"text/html", b"<p>QUILLPORT, Feb 3 (Harbour) - Ferries sailed again.</p>")
    entry = only(mail(part(b"text/plain", b"See the HTML part."), html, kind=b"alternative"))
    assert entry.text is None


@pytest.mark.parametrize(
    "footer",
    [
        b"-- \nHarbour Desk\n",
        b"_______________________________________________\nwire mailing list\nwire@x.example\n",
        b"You received this message because you are subscribed to the group.\n",
        b"This email and any attachments are confidential.\n",
        b"Unsubscribe: https://x.example\n",
    ],
)
def test_what_stands_below_a_text_is_cut_and_noted(footer: bytes) -> None:
    entry = only(HEAD + b"\n" + STORY + b"\n" + footer)
    assert (entry.text or "").strip() == STORY.decode().strip()
    assert "cut" in entry.notes[0]


def test_an_attachment_in_any_format_becomes_entries() -> None:
    feed = b"<rss version='2.0'><channel><item><title>One</title></item></channel></rss>"
    named = b'Content-Disposition: attachment; filename="a"\n'
    parsed = parse(mail(part(b"text/plain", STORY), part(b"application/rss+xml", feed, named)))
    assert [each.format for each in parsed.entries] == ["mail", "rss"]


def test_a_forwarded_mail_is_read_with_its_own_text() -> None:
    inner = b"From: a@b.example\nSubject: Inner\n\n" + STORY
    entry = only(mail(part(b"message/rfc822", inner)))
    assert entry.text == STORY.decode()


def test_the_header_of_a_forwarded_mail_is_read_in_linear_time() -> None:
    begun = time.monotonic()
    only(HEAD + b"\n-- Forwarded message --\n" + b"ab:\n" * 3_000 + b" a: \n" * 3_000 + STORY)
    only(HEAD + b"\n" + b"-" * 50_000 + b"forwarded " * 5_000 + b"\n")
    assert time.monotonic() - begun < 2


def test_wrong_transfer_encodings_do_no_harm() -> None:
    encoded = part(b"text/plain", b"!!! no base64 \xff", b"Content-Transfer-Encoding: base64\n")
    parse(mail(encoded, part(b"text/plain; charset=utf-99", STORY)))


@pytest.mark.parametrize(
    "text",
    [
        b"QUILLPORT: Ferries\nDate: today\n\nText.\n",
        b"From: the harbour\nit came.\n",
        b"Subject: Ferries\n\nText of a story.\n",
    ],
)
def test_copy_that_begins_with_a_colon_is_no_mail(text: bytes) -> None:
    assert only(text).format == "text"
