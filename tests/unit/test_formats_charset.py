"""Bytes to text: which charset is believed, and what becomes of bad bytes."""

import pytest

from pipeline.formats.charset import decode
from pipeline.formats.detect import read

FRENCH = "L’été à Quillport : déjà 20 €"


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (FRENCH.encode(), None),
        (b"\xef\xbb\xbf" + FRENCH.encode(), None),
        (FRENCH.encode("cp1252"), None),
        (FRENCH.encode("cp1252"), "text/plain; charset=ISO-8859-1"),
        (FRENCH.encode(), "text/plain; charset=ISO-8859-1"),
        (FRENCH.encode("utf-16"), None),
        (FRENCH.encode("utf-16-le"), None),
        (FRENCH.encode("utf-32-be"), None),
        (FRENCH.encode(), "text/plain; charset=no-such-thing"),
        (FRENCH.encode(), "text/plain; charset=utf-7"),
    ],
)
def test_h08_the_text_is_found(body: bytes, media_type: str | None) -> None:
    assert decode(body, media_type).text == FRENCH


def test_the_charset_of_the_response_counts_where_the_bytes_say_nothing() -> None:
    assert decode("Привет".encode("koi8-r"), "text/plain; charset=koi8-r").text == "Привет"


def test_the_declaration_in_the_document_counts_before_the_response() -> None:
    body = '<?xml version="1.0" encoding="koi8-r"?><a>Привет</a>'.encode("koi8-r")
    assert "Привет" in decode(body, "text/xml; charset=windows-1252").text


def test_one_bad_byte_does_not_make_the_text_another_charset() -> None:
    body = FRENCH.encode() + b" caf\xe9 " + FRENCH.encode()
    (entry,) = read(body, name="x").entries
    assert entry.text == f"{FRENCH} café {FRENCH}"
    assert entry.notes == ("1 bytes that are not UTF-8 repaired",)


def test_a_broken_sequence_becomes_one_replacement_character() -> None:
    (entry,) = read(FRENCH.encode() + b" cut \xe2\x82 here", name="x").entries
    assert entry.text == f"{FRENCH} cut \N{REPLACEMENT CHARACTER} here"


def test_many_bad_bytes_in_good_utf8_are_replaced_and_said_so() -> None:
    (entry,) = read("é".encode() * 3_000 + b"word \xe9 " * 1_500, name="x").entries
    assert entry.text is not None
    assert entry.text.startswith("ééé")
    assert entry.notes == ("1500 bytes that are not UTF-8 were replaced by U+FFFD",)


def test_a_declared_charset_that_is_wrong_keeps_the_rest() -> None:
    body = "日本①".encode("cp932") + b" \x81\xff " + b"and the rest of the text"
    (entry,) = read(body, name="x", media_type="text/plain; charset=shift_jis").entries
    assert entry.text is not None
    assert entry.text.startswith("日本①")
    assert entry.notes == ("bytes that are not cp932 were replaced by U+FFFD",)


LIES = ("utf-8", "utf-16", "utf-32-be", "iso-8859-1", "punycode", "utf-7", "idna", "zlib_codec", "hex")
MORE_LIES = ("unicode_escape", "undefined", "mbcs", "x-user-defined", "no-such-thing", "base64", "rot13")


@pytest.mark.parametrize("lie", [*LIES, *MORE_LIES])
@pytest.mark.parametrize("truly", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "cp1252"])
def test_h08_a_charset_that_is_a_lie_hides_no_text(truly: str, lie: str) -> None:
    feed = f"<rss version='2.0'><channel><item><title>{FRENCH}</title></item></channel></rss>"
    for declared, media_type in (
        (lie, None),
        (lie, "text/xml; charset=koi8-r"),
        ("utf-8", f"a/b; charset={lie}"),
    ):
        body = f'<?xml version="1.0" encoding="{declared}"?>{feed}'.encode(truly)
        (entry,) = read(body, name="x", media_type=media_type).entries
        assert entry.headline is not None
        assert truly == "cp1252" or entry.headline == FRENCH


@pytest.mark.parametrize(
    ("declared", "charset", "text"),
    [
        ("shift_jis", "cp932", "①日本"),
        ("x-sjis", "cp932", "①日本"),
        ("gb2312", "gb18030", "朱镕基"),
        ("euc-kr", "cp949", "똠방각하"),
        ("ks_c_5601-1987", "cp949", "똠방각하"),
        ("big5", "big5hkscs", "㗎香港"),
        ("iso-8859-9", "cp1254", "“İstanbul”"),
        ("tis-620", "cp874", "“กรุงเทพ”"),
        ("x-mac-roman", "mac_roman", "“été”"),
    ],
)
def test_a_label_means_what_browsers_read_by_it(declared: str, charset: str, text: str) -> None:
    assert decode(text.encode(charset), f"text/plain; charset={declared}").text == text
