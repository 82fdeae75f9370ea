"""JSON that strangers wrote: slips that leave no doubt are read, others are said."""

import time

import pytest

from pipeline.formats.detect import read
from pipeline.formats.json_values import WrongValueError, load


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'["It\'s"]', "It's"),
        (r'["\“quoted\”, \"too\""]', '“quoted”, "too"'),
        ('["one\ntwo\tthree"]', "one\ntwo\tthree"),
        ('["a\\\\\'b\n"]', "a\\'b\n"),
        ('["\\u00e9\\x"]', "éx"),
        ('["line\\\nend"]', "line\nend"),
    ],
)
def test_slips_that_leave_no_doubt_are_read(text: str, value: str) -> None:
    assert load(text) == [value]


@pytest.mark.parametrize("text", ['["a\n', '["\\', '["\\u12"]', "['a']", '["a",]', '["\\x", b]'])
def test_what_is_no_json_is_said(text: str) -> None:
    with pytest.raises(WrongValueError, match="no valid JSON"):
        load(text)


def test_a_json_feed_with_line_ends_in_its_texts_is_read() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "content_text": "a\nb"}]}'
    (entry,) = read(body, name="feed").entries
    assert entry.text == "a\nb"


def test_slips_are_read_in_linear_time() -> None:
    began = time.process_time()
    load('["' + "\\'\n" * 500_000 + '"]')
    assert time.process_time() - began < 2
