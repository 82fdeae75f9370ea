"""What is over a limit is refused in words, or cut and said so; in time linear in the input."""

import contextlib
import time

import pytest

from pipeline.errors import ParseError, Reason
from pipeline.formats import jsonlines, xml_guard
from pipeline.formats.detect import read
from pipeline.formats.xml_guard import find_root, guarded


def rss(items: str, head: str = "") -> bytes:
    feed = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
    return f'<?xml version="1.0"?>\n{head}{feed}'.encode()


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        (rss("<item><b " + " ".join(f'a{i}="1"' for i in range(501)) + "/></item>"), "500 attributes"),
        (rss("<item><b " + " ".join(f"a{i}" for i in range(600)) + "></b></item>"), "500 attributes"),
        (rss("<item>" + "<b>" * 201 + "</b>" * 201 + "</item>"), "200 deep"),
        (rss("<item/>" * 5_001), "5,000 items"),
        (rss("<item><category term='x'/>" + "<category>x</category>" * 500 + "</item>"), "500 categories"),
        (rss("<item><keywords>" + "a," * 10_001 + "</keywords></item>"), "keywords"),
        (rss("<item><author>" + "a." * 300 + "</author></item>"), "author"),
        (rss("<item><dc:creator><![CDATA[" + "a." * 300 + "]]></dc:creator></item>"), "author"),
        (rss("<item><author>" + "a.<!-- -->" * 300 + "</author></item>"), "author"),
        (rss("<item><author>" + "&#97;" * 600 + "</author></item>"), "author"),
        (rss("".join(f"<p{i}:a xmlns:p{i}='u'/>" for i in range(201))), "200 namespace prefixes"),
        (rss("<![CDATA[]]>" * 50_001), "50,000 comments"),
        (rss("<" * 500_001), "500,000 tags"),
        (rss("", head="<!DOCTYPE rss [" + "<!ENTITY a 'b'>" * 5_000 + "]>"), "DOCTYPE"),
        (rss("", head="<!DOCTYPE rss [ <!-- "), "DOCTYPE"),
        (b"\x01hpa0001 3 i 2\n\x02Ferries =\n\x03\x04" * 5_001, "5,000 messages"),
        (b'[{"uri":"a","bodies":[]}' + b',{"uri":"a","bodies":[]}' * 5_000 + b"]", "5,000 items"),
    ],
)
def test_h05_over_a_limit_is_refused_with_its_name(body: bytes, limit: str) -> None:
    with pytest.raises(ParseError, match=limit) as caught:
        read(body, name="feed")
    assert caught.value.reason is Reason.PARSE_LIMIT


@pytest.mark.parametrize(
    "items",
    [
        "<item><title>x</title>" + "<br>" * 300 + "</item>",
        ("<item><title>x</title><p>never closed" * 1 + "</item>") * 300,
        "<item><title>x</title>" + "<img alt='a > b'/>" * 300 + "</item>",
        "<item><title>x</title><author>" + "Ada Quill, " * 300 + "</author></item>",
        "<item><title>x</title><enclosure title='" + "word " * 600 + "'/></item>",
        "<item><title>x</title></item>" * 5_000,
    ],
    ids=["void tags", "unclosed tags", "tags in attributes", "many authors", "long attribute", "most items"],
)
def test_what_honest_feeds_have_is_no_limit(items: str) -> None:
    assert guarded(f"<rss>{items}</rss>").startswith("<rss>")


def test_a_long_headline_and_body_are_cut_and_said_so() -> None:
    body = "y" * 1_000_001
    (entry,) = read(
        rss(f"<item><title>{'x' * 1_200}</title><description>{body}</description></item>"), name="f"
    ).entries
    assert entry.headline == "x" * 1_000
    assert entry.html is not None
    assert len(entry.html) == 1_000_000
    assert entry.notes == (
        "headline cut at 1,000 of 1,200 characters",
        "html cut at 1,000,000 of 1,000,001 characters",
    )


def test_a_long_line_is_a_problem_and_the_next_is_read() -> None:
    long = b'{"text": "' + b"x" * jsonlines.MAX_LINE + b'"}'
    parsed = read(b'{"text": "first"}\n' + long + b'\n{"text": "last"}\n', name="f")
    assert [entry.text for entry in parsed.entries] == ["first", "last"]
    (problem,) = parsed.problems
    assert (problem.reason, problem.where, problem.body) == (Reason.PARSE_LIMIT, "line 2", long)


def test_after_a_thousand_bad_lines_the_rest_is_kept_whole() -> None:
    rest = b'{"text": "never reached"}\n'
    parsed = read(b'{"text": "first"}\n' + b"bad\n" * jsonlines.MAX_PROBLEMS + rest, name="f")
    assert len(parsed.entries) == 1
    assert len(parsed.problems) == jsonlines.MAX_PROBLEMS + 1
    assert (parsed.problems[-1].where, parsed.problems[-1].body) == ("line 1002", rest)


@pytest.mark.parametrize("count", [1, 1_000])
def test_json_nested_deep_is_a_bad_line(count: int) -> None:
    parsed = read(b'{"text": ' + b"[" * count * 1_000 + b'\n{"text": "good"}', name="f")
    assert [entry.text for entry in parsed.entries] == ["good"]
    assert [problem.where for problem in parsed.problems] == ["line 1"]


@pytest.mark.parametrize(
    "text",
    [
        "<a " * 100_000,
        '<a "' * 100_000,
        "<a 'x" * 80_000,
        "<!--" * 100_000,
        "<![CDATA[" * 50_000,
        "<item><author>" * 100_000,
        "<author>" + "a " * 500_000 + "</author>",
        "<a>" + "&#1;" * 200_000 + "</a>",
        "<a>" + "&eacute" * 200_000 + "</a>",
        "<a>" + "&" * 1_000_000 + "</a>",
        "<a>" + "&a" * 1_000_000 + "</a>",
    ],
    ids=lambda text: text[:12],
)
def test_h05_the_guard_is_linear(text: str) -> None:
    began = time.process_time()
    with contextlib.suppress(ParseError):
        guarded(text)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "text",
    ["<?x ?>" * 100_000, "<!-- -->" * 100_000 + "<a/>", " " * 1_000_000, "<!" * 500_000, "<!--" * 200_000],
    ids=lambda text: text[:8],
)
def test_looking_for_the_root_is_linear(text: str) -> None:
    began = time.process_time()
    find_root(text)
    assert time.process_time() - began < 1.0


def test_entities_of_html_are_read_outside_of_cdata_only() -> None:
    text = "<a>&eacute;&lt;&bogus;<![CDATA[&eacute;]]>&mdash;</a>"
    assert guarded(text) == "<a>é&lt;&bogus;<![CDATA[&eacute;]]>—</a>"


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("S&P 500", "S&amp;P 500"),
        ("Q&A: R & D && AT&T", "Q&amp;A: R &amp; D &amp;&amp; AT&amp;T"),
        ("?a=1&b=2&copy=3&lt=4", "?a=1&amp;b=2&amp;copy=3&amp;lt=4"),
        ("&copy 2026 &eacutet&eacute;", "© 2026 &amp;eacuteté"),
        ("1 &lt 2 &amp 3", "1 &lt; 2 &amp; 3"),
        ("&# &#; &#x &", "&amp;# &amp;#; &amp;#x &amp;"),
        ("&lt;p&gt; &amp;amp; &#8217; &#8217 &#38; &#60 &#x26", "&lt;p&gt; &amp;amp; ’ ’ &#38; &#60; &#x26;"),
    ],
)
def test_an_ampersand_that_nobody_escaped_is_one(written: str, mended: str) -> None:
    assert guarded(f"<a>{written}</a>") == f"<a>{mended}</a>"
    assert guarded(f"<a><![CDATA[S&P{written}]]></a>").startswith("<a><![CDATA[S&P")


def test_a_feed_with_bare_ampersands_keeps_its_words_and_addresses() -> None:
    item = "<title>S&P 500 up, M&A down</title><link>http://a.example/?x=1&y=2&copy=3</link><guid>a?b=1&c=2</guid>"
    (entry,) = read(rss(f"<item>{item}<description>Q&A</description></item>"), name="feed").entries
    assert (entry.headline, entry.guid) == ("S&P 500 up, M&A down", "a?b=1&c=2")
    assert entry.url == "http://a.example/?x=1&y=2&copy=3"
    assert (entry.text or entry.html) == "Q&A"


def test_the_document_ends_where_a_comment_never_does() -> None:
    assert guarded("<rss><item/><!-- <item/>") == "<rss><item/>"


def test_limits_are_what_the_docs_say() -> None:
    assert (xml_guard.MAX_ITEMS, xml_guard.MAX_DEPTH, xml_guard.MAX_ATTRIBUTES) == (5_000, 200, 500)


@pytest.mark.parametrize(
    "filling", [b"\n \n", b"* ", b"# ", b"- a: b\n", b"+4 4", b"<a@", b"=\n", b"abc/", b"ab ", b"^<\n"]
)
@pytest.mark.parametrize(
    "frame",
    [
        (b"\x01hpa0001 3 i 2 hpa 1\nPorts/\n\x02Ferries =\n", b"\n\x03031238 GMT Feb 26\n\x04"),
        (
            b"\x01a0001\x1fw\nr i BC-Ferries 02-03 0001\n\x02^BC-Ferries<\n\t ",
            b"\n\x03HB-WF-02-03-26 0710EST<\n",
        ),
        (b"From: a\nMessage-ID: <1>\n\n-- forwarded --\n", b"\n-- \nx\n"),
        (b'{"uri":"x","bodies":[{"value":"<head><h1>', b'</p>"}]}'),
    ],
    ids=["iptc7901", "anpa", "mail", "ninjs"],
)
def test_long_texts_of_one_kind_are_read_in_linear_time(frame: tuple[bytes, bytes], filling: bytes) -> None:
    begun = time.monotonic()
    read(
        frame[0] + filling.replace(b"\n", b"\\n" if frame[0][:1] == b"{" else b"\n") * 50_000 + frame[1],
        name="x",
    )
    assert time.monotonic() - begun < 5
