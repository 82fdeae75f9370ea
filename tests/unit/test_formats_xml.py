"""XML of the wire formats: broken files, limits, and which NewsML it is."""

import contextlib
import time
from base64 import b64encode
from random import Random

import pytest

from fuzz.target import check, formats, inputs, seeds
from pipeline.errors import ParseError, Reason
from pipeline.formats.detect import read
from pipeline.formats.xml_tree import MAX_DOCUMENTS
from pipeline.model import Entry


def one(body: str | bytes) -> Entry:
    (entry,) = read(body.encode() if isinstance(body, str) else body, name="file").entries
    return entry


def nitf(content: str) -> str:
    return f"<nitf><body><body.content>{content}</body.content></body></nitf>"


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("<p>a <em>b</em> c</p>", "<p>a <em>b</em> c</p>"),
        ("<p>1 &lt; 2 &amp; 3</p>", "<p>1 &lt; 2 &amp; 3</p>"),
        ("<p>a<br/>b</p>", "<p>a<br>b</p>"),
        ("<p><person>Ann</person> of <org>X</org></p>", "<p>Ann of X</p>"),
        ("<hl2>Head</hl2><p>a</p>", "<h2>Head</h2><p>a</p>"),
        ("<media><media-caption>no</media-caption></media><p>a</p>", "<p>a</p>"),
        ("<bq>said</bq>", "<blockquote>said</blockquote>"),
        (
            "<table><tr><td colspan='2' onclick='x'>a</td></tr></table>",
            '<table><tr><td colspan="2">a</td></tr></table>',
        ),
        ("<p>a<![CDATA[<b>]]></p>", "<p>a&lt;b&gt;</p>"),
        ("One line\nand the next", "<pre>One line\nand the next</pre>"),
        ("One line<br/>\nand the next", "One line<br>\nand the next"),
        ("One line\n     indented as XML is", "One line\n     indented as XML is"),
    ],
)
def test_a_body_of_nitf_is_written_as_html(content: str, html: str) -> None:
    assert one(nitf(content)).html == html


@pytest.mark.parametrize(
    "body",
    [
        nitf("<p>One.</p><p>Two.</p>").replace("</body>", ""),
        nitf("<p>One.<p>Two."),
        nitf("<P>One.</P><P>Two.</P>").upper().replace("ONE", "One").replace("TWO", "Two"),
        nitf("<p>One.</b></p><p>Two.</p>"),
        nitf("<p>One.</p><p>Two.</p>").replace("<nitf>", '<nitf lang="en>'),
        "\n\n  " + nitf("<p>One.</p><p>Two.</p>"),
        "\ufeff" + nitf("<p>One.</p><p>Two.</p>"),
        "HEADER LINE\n" + nitf("<p>One.</p><p>Two.</p>"),
        '<!DOCTYPE nitf SYSTEM "file:///etc/passwd" [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + nitf("<p>One.</p><p>Two.</p>"),
        "<!-- a comment --><?a b?>" + nitf("<p>One.</p><p>Two.</p>"),
        nitf("<p>One.</p><p>Two.</p>") + "\x1a\nNNNN",
    ],
    ids=[
        *(
            "no end tag",
            "open paragraphs",
            "upper case",
            "stray end tag",
            "broken root",
            "blank lines",
            "mark",
            "junk before",
        ),
        *("doctype", "comment", "junk after"),
    ],
)
def test_a_broken_or_odd_file_is_read_all_the_same(body: str) -> None:
    html = one(body).html
    assert html is not None
    assert html.replace("\n", "") == "<p>One.</p><p>Two.</p>"


def test_an_entity_that_only_a_doctype_defines_stays_as_it_is() -> None:
    body = '<!DOCTYPE nitf [<!ENTITY x "secret">]>' + nitf("<p>a &x; b</p>")
    entry = one(body)
    assert entry.html == "<p>a &amp;x; b</p>"
    assert entry.notes[0].startswith("not well-formed XML")


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ('<?xml version="1.0"?><nitf><body><body.content><p>a</p></body.content></body></nitf>', "<p>a</p>"),
        ("<html><head><title>t</title></head><body><p>a</p></body></html>", "<p>a</p>"),
        ("<p>a<p>b", "<p>a<p>b"),
        ('<?xml version="1.0"?><p>a<p>b', '<?xml version="1.0"?><p>a<p>b'),
    ],
)
def test_a_document_quoted_inside_another_is_read(content: str, html: str) -> None:
    body = f"<newsItem><contentSet><inlineData><![CDATA[{content}]]></inlineData></contentSet></newsItem>"
    assert one(body).html == html


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_text_in_base64_is_read(charset: str) -> None:
    data = b64encode("Déjà vu".encode(charset)).decode()
    body = (
        "<NewsML><NewsItem><NewsComponent><ContentItem><Encoding Notation='base64'>"
        f"<DataContent>{data}</DataContent></Encoding></ContentItem></NewsComponent></NewsItem></NewsML>"
    )
    assert one(body).text == "Déjà vu"


def test_what_is_cut_off_is_said() -> None:
    assert one(nitf("<p>One.")[:-40]).notes == ("the document ends before its end tag: its end is missing",)


def test_a_newsitem_of_newsml_1_alone_is_not_taken_for_g2() -> None:
    body = (
        "<NewsItem><Identification><NewsIdentifier><NewsItemId>7</NewsItemId></NewsIdentifier></Identification>"
        "<NewsComponent><NewsLines><HeadLine>Alone</HeadLine></NewsLines></NewsComponent></NewsItem>"
    )
    entry = one(body)
    assert (entry.format, entry.guid, entry.headline) == ("newsml1", "7", "Alone")


def test_a_file_of_too_many_documents_is_refused() -> None:
    with pytest.raises(ParseError, match="documents") as caught:
        read(b"<nitf/>" * (MAX_DOCUMENTS + 1), name="file")
    assert caught.value.reason is Reason.PARSE_LIMIT


def test_elements_nested_deep_are_refused() -> None:
    with pytest.raises(ParseError, match="200 deep"):
        read(nitf("<p>" * 300 + "</p>" * 300).encode(), name="file")


_NESTED = 75
HOSTILE = {
    "components": "<NewsML><NewsItem><NewsComponent>"
    + "<NewsComponent><NewsLines><HeadLine>x</HeadLine></NewsLines><ContentItem><DataContent>t</DataContent>"
    "</ContentItem></NewsComponent>" * 4_000 + "</NewsComponent></NewsItem></NewsML>",
    "items": "<NewsML>" + "<NewsItem><NewsComponent/></NewsItem>" * 20_000 + "</NewsML>",
    "documents": "<urlset></urlset>" * 20_000,
    "notes": "<newsItem><itemMeta>"
    + "".join(f"<edNote>{n}</edNote>" for n in range(20_000))
    + "</itemMeta></newsItem>",
    "nested locations": nitf("<location>" * _NESTED + "<city>x</city>" * 20_000 + "</location>" * _NESTED),
    "nested heads": "<nitf><body>"
    + "<hl1>" * _NESTED
    + "<b/>" * 20_000
    + "</hl1>" * _NESTED
    + "</body></nitf>",
    "end tags": "<nitf>" + "<a>" * 150 + "</b>" * 50_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_reading_is_about_linear(text: str) -> None:
    began = time.process_time()
    with contextlib.suppress(ParseError):
        read(text.encode(), name="file")
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize("name", formats())
def test_h18_changed_samples_give_clean_entries_or_a_parse_error(name: str) -> None:
    known, made = formats()[name], inputs(name)
    chance, samples = Random(20260203), seeds(known)
    claimed = sum(check(known, made(chance, samples)) for _ in range(60))
    assert claimed > 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<rss version='2.0'>", "line 1, column 20: it ends before its root element does"),
        (b"<?xml version='1.0'?>\n<rss><channel>\n<a></b>", "column 6: mismatched tag"),
    ],
)
def test_why_a_feed_cannot_be_read_is_said_without_the_parsers_own_names(body: bytes, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(body, name="feed.xml")
    assert caught.value.detail.endswith(words)
    assert "<unknown>" not in caught.value.detail
