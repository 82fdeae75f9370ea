"""Bodies that cost a careless parser seconds, gigabytes or worse: what case H1 names, and more."""

GOOD = b"<rss version='2.0'><channel><title>t</title><item><title>good</title></item></channel></rss>"


def rss(items: str, head: str = "") -> bytes:
    feed = f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'
    return f'<?xml version="1.0"?>\n{head}{feed}'.encode()


def in_item(element: str, text: str) -> bytes:
    return rss(f"<item><{element}>{text}</{element}></item>")


def declared(encoding: str) -> bytes:
    return in_item("title", "+ADw-script+AD4-" * 1_000).replace(
        b'"1.0"', f'"1.0" encoding="{encoding}"'.encode(), 1
    )


def laughs(quote: str, separator: str) -> bytes:
    entities = separator.join(
        f"<!ENTITY l{n} {quote}{f'&l{n - 1};' * 10 if n else 'lol'}{quote}>" for n in range(10)
    )
    return rss(
        "<item><title>&l9;</title></item>", head=f"<!DOCTYPE rss [{separator}{entities}{separator}]>\n"
    )


def flat(size: int, tail: str = "") -> bytes:
    head = f'<!DOCTYPE rss [\n<!ENTITY a "{"A" * size}">\n]>\n'
    return rss(f"<item><title>{'&a;' * 20_000}</title></item>{tail}", head=head)


ATOM = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'>{}</content></entry></feed>"
HOSTILE = {
    "billion laughs": laughs('"', "\n"),
    "billion laughs on one line": laughs('"', ""),
    "billion laughs in apostrophes": laughs("'", " "),
    "one big entity": flat(50_000),
    "one big entity, ill-formed": flat(50_000, "<bad & unclosed"),
    "one small entity, ill-formed": flat(5_000, "<bad & unclosed"),
    "external entity": rss("<item/>", head='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "parameter entity": rss(
        "<item/>", head='<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/e"> %p;]>'
    ),
    "deep": in_item("description", "<a>" * 100_000 + "</a>" * 100_000),
    "deep, never closed": in_item("description", "<a>" * 100_000),
    "deep HTML": in_item("description", "&lt;div&gt;" * 200_000),
    "deep XHTML": ATOM.format("<b>" * 5_000 + "</b>" * 5_000).encode(),
    "100,000 attributes": rss("<item><title " + " ".join(f"a{n}='1'" for n in range(100_000)) + "/></item>"),
    "a namespace for each element": rss("".join(f"<x:n{n} xmlns:x='u{n}'>v</x:n{n}>" for n in range(20_000))),
    "20,000 prefixes": rss("".join(f"<p{n}:n xmlns:p{n}='u{n}'>v</p{n}:n>" for n in range(20_000))),
    "200,000 items": rss("<item><guid>x</guid></item>" * 200_000),
    "10 MB title": in_item("title", "A" * 10_000_000),
    "unclosed tags in HTML": in_item("description", "&lt;a " * 50_000),
    "comments in HTML": in_item("description", "&lt;!--" * 30_000),
    "comments in a title": in_item("title", "&lt;!--" * 100_000 + "&lt;/b&gt;"),
    "declarations in HTML": in_item("description", "&lt;!DOCTYPE " * 20_000),
    "references in HTML": in_item("description", "&amp;#" * 100_000),
    "quotes in HTML": in_item("description", "&lt;a " + 'x="' * 50_000 + "&gt;"),
    "style in HTML": in_item("description", '&lt;p style="' + "a-a " * 20_000 + '@"&gt;'),
    "digits for a date": in_item("pubDate", "1" * 100_000),
    "spaces for a date": in_item("pubDate", " " * 100_000 + "x"),
    "dates for a date": in_item("pubDate", "2020-01-01T" * 20_000),
    "spaces in a DOCTYPE": b"<?xml version='1.0'?>" + b"\n" * 200_000 + b"<!DOCTYPE" + b" " * 200_000,
    "entities that never end": b"<?xml version='1.0'?>\n" + b"\n<!ENTITY" * 50_000,
    "white space": b" " * 3_000_000,
    "author without an end": in_item("author", "a" * 50_000 + "@"),
    "author of dots": in_item("author", "a." * 50_000),
    "author of dots in CDATA": in_item("author", "<![CDATA[" + "a." * 50_000 + "]]>"),
    "author in pieces": in_item("author", "<![CDATA[a.]]>" * 30_000),
    "author in references": in_item("author", "&#97;" * 50_000),
    "relative link": in_item("link", "../" * 100_000),
    "50,000 categories": rss(
        "<item>" + "".join(f"<category>{n}</category>" for n in range(50_000)) + "</item>"
    ),
    "50,000 enclosures": rss("<item>" + '<enclosure url="http://x/a" type="a/b"/>' * 50_000 + "</item>"),
    "tag openers": b"<" * 5_000_000,
    "tag openers in a feed": in_item("description", "<" * 100_000),
    "ampersands in a feed": in_item("description", "&" * 500_000),
    "end tags": rss("</a>" * 200_000),
    "CDATA in pieces": ATOM.format(" <![CDATA[ ]]>" * 300_000).encode(),
    "references in pieces": ATOM.format(" &#32;" * 300_000 + "<div></div>").encode(),
    "NUL": in_item("title", "a\x00b"),
    **{
        f"declared {name}": declared(name)
        for name in ("utf-16", "utf-7", "zlib_codec", "idna", "punycode", "hex")
    },
    "declared unicode_escape": declared("unicode_escape"),
    "forbidden references": in_item("title", "&#0;&#xD800;&#1114112;&#" + "9" * 1_000_000 + ";"),
    "bad UTF-8": GOOD.replace(b"good", b"\xff\xfe\xc0\x80"),
    "bad bytes": b"text " + b"\xff" * 3_000_000,
    "long polygon": rss(
        f'<item><g:polygon xmlns:g="http://www.georss.org/georss">{"1 " * 200_001}</g:polygon></item>'
    ),
    "bases without end": rss("<item>" + "".join(f'<a xml:base="b{n}/">' for n in range(20_000))),
    "bases": rss("<item>" + '<a xml:base="http://x/b/">y</a>' * 20_000 + "</item>"),
    "deep JSON": b'{"text": ' + b"[" * 1_000_000,
    "long number": b'{"text": ' + b"9" * 1_000_000 + b"}",
    "500,000 bad lines": b'{"a\n' * 500_000,
    "a file's name": b"/etc/passwd",
    "a device's name": b"/dev/zero",
    "a URL": b"http://127.0.0.1:9/feed.xml",
}
