"""HTML made safe, and made text."""

import time

import pytest

from workers.normalise.html import html_paragraphs, sanitise, without


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param("<p>One.</p><p>Two.</p>", ["One.", "Two."], id="paragraphs"),
        pytest.param("Text<div>block</div>more", ["Text", "block", "more"], id="text beside blocks"),
        pytest.param("One<br>\nline<br/><br/>Two", ["One line", "Two"], id="line breaks"),
        pytest.param("<ul><li>a</li><li>b<ol><li>c</ol></ul>", ["a", "b", "c"], id="lists"),
        pytest.param(
            "<table><caption>t</caption><tr><th>a<th>b</tr><tr><td>1<td>2</table>",
            ["t", "a b", "1 2"],
            id="tables",
        ),
        pytest.param(
            "x<pre>one\n  two\n\nthree</pre>y", ["x", "one", "two", "three", "y"], id="preformatted"
        ),
        pytest.param("<pre>a<br>b</pre>", ["a b"], id="line breaks in preformatted text"),
        pytest.param(
            "<p>a <b>bold</b> w<i>or</i>d</p>", ["a bold word"], id="inline elements do not part words"
        ),
        pytest.param("<p>a&nbsp;&amp;&lt;b&gt;\n c</p>", ["a &<b> c"], id="entities and white space"),
        pytest.param("A &amp; B\n\nC", ["A & B", "C"], id="plain text that was sent as HTML"),
        pytest.param(
            "<p>kept</p><script>alert(1)</script><style>p{}</style>", ["kept"], id="scripts and styles"
        ),
        pytest.param("<p>a&#1;b&#x202e;c\ud800d&#xd800;</p>", ["abcd\ufffd"], id="what is not text"),
        pytest.param("<p title='<p>'>x</p>", ["x"], id="tags in attributes"),
        pytest.param("<p> </p><p>\u200b</p><br>", [], id="nothing"),
    ],
)
def test_html_becomes_paragraphs(html: str, expected: list[str]) -> None:
    assert html_paragraphs(sanitise(html)) == expected


@pytest.mark.parametrize(
    "html",
    [
        "<script>x</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>a</a>",
        "<iframe src='https://example.org'></iframe>",
        "<form action=x><input name=y></form>",
        "<p style='position:fixed'>a</p>",
        "<svg><a xlink:href='javascript:1'>x</a></svg>",
        "<a href='/relative'>a</a>",
        "<object data=x>",
        "<math><mi//xlink:href='data:x,<script>1</script>'>",
    ],
)
def test_only_what_is_allowed_stays(html: str) -> None:
    safe = sanitise(html)
    for bad in ("script", "onerror", "iframe", "form", "style", "svg", "relative", "object", "math", "input"):
        assert bad not in safe


def test_links_and_pictures_stay() -> None:
    safe = sanitise('<a href="https://example.org/a">a</a><img src="https://example.org/i.png" alt="i">')
    assert 'href="https://example.org/a"' in safe
    assert 'src="https://example.org/i.png"' in safe
    assert sanitise(safe) == safe


@pytest.mark.parametrize(
    "unit",
    ["<div>", "<ul><li>", "<i><div></i>", "<blockquote>", "<b>", "<table><tr><td>", "<pre>\n", "<br>", "&"],
)
def test_deep_nesting_costs_little(unit: str) -> None:
    began = time.process_time()
    assert html_paragraphs(sanitise(unit * 20_000 + "the story"))[-1].endswith("the story")
    assert time.process_time() - began < 2


def test_many_tags_that_are_not_deep_stay_as_they_are() -> None:
    assert sanitise("<div>a</div>" * 3_000).count("<div>") == 3_000


@pytest.mark.parametrize(
    ("html", "after", "expected"),
    [
        pytest.param(
            "<p><b>KABUL (AP)</b> — The <i>melons</i> burn.</p><p>They burn.</p><p>(Reporting by A)</p>",
            ["The melons burn.", "They burn."],
            "<p>The <i>melons</i> burn.</p><p>They burn.</p>",
            id="a dateline, and a paragraph of its own",
        ),
        pytest.param(
            "<div><p>By A</p><p>One. <em>Two.</em> AFP</p><ol><li>MORE</li></ol></div>",
            ["One. Two."],
            "<div><p>One. <em>Two.</em></p></div>",
            id="the end of the last one",
        ),
        pytest.param("KABUL (AP) - One.", ["One."], "One.", id="text without elements"),
        pytest.param(
            "<p>KABUL (AP) - One. AFP</p>", ["One."], "<p>One.</p>", id="beginning and end of one text"
        ),
        pytest.param(
            '<p><img src="https://a.example/b.png">(MORE)</p><p>One.</p>',
            ["One."],
            '<p><img src="https://a.example/b.png"></p><p>One.</p>',
            id="a picture stays",
        ),
        pytest.param("<p>A - One.<br>Two.</p>", ["One. Two."], "<p>One.<br>Two.</p>", id="part of a line"),
        pytest.param(
            "<p>By Ada Quill<br><br>A - One.<br><br>Two.<br>(MORE)</p><p>Three.</p>",
            ["One.", "Two.", "Three."],
            "<p>One.<br><br>Two.</p><p>Three.</p>",
            id="lines between breaks",
        ),
        pytest.param(
            "One.<br>\n(MORE)<br>\nTwo.<br>\n<i>(Writing by <b>Ada Quill</b>)</i>",
            ["One.", "Two."],
            "One.<br>\nTwo.",
            id="lines of a text without elements",
        ),
        pytest.param(
            "<div>A - One.<p>Two.</p>ab/cd<br></div>",
            ["One.", "Two."],
            "<div>One.<p>Two.</p></div>",
            id="text beside blocks",
        ),
        pytest.param(
            "<p>One.<br>Two.<br>MORE<br><br></p>",
            ["One. Two."],
            "<p>One.<br>Two.</p>",
            id="breaks at the end",
        ),
        pytest.param(
            "<table><tr><td>By Ada<td>Quill</tr><tr><td>a<td>1</tr></table>",
            ["a 1"],
            "<table><tbody><tr><td>a</td><td>1</td></tr></tbody></table>",
            id="a row of a table",
        ),
        pytest.param(
            "<pre>By Ada Quill\n\nOne.\n\nMORE</pre>", ["One."], "<pre>One.</pre>", id="preformatted"
        ),
        pytest.param("<p>One.</p>", ["Two."], "<p>One.</p>", id="another text is left"),
        pytest.param("<p>MORE</p>", [], "", id="nothing is left"),
    ],
)
def test_what_is_taken_off_the_text_is_taken_out_of_the_html(
    html: str, after: list[str], expected: str
) -> None:
    assert without(html, html_paragraphs(html), after) == expected


@pytest.mark.parametrize("depth", [1, 190])
def test_taking_out_takes_little_time(depth: int) -> None:
    html = "<div>" * depth + "<p>KABUL (AP) - One.</p>" + "<p>a</p>" * 20_000 + "</div>" * depth
    before, began = html_paragraphs(html), time.perf_counter()
    assert without(html, before, ["One.", *before[1:]]).count("One.") == 1
    assert time.perf_counter() - began < 5
