"""Why a document is tagged as it is: each span where it stands, whatever the evidence holds."""

import pytest

from fakes_read import stored
from pipeline.publish.explain import AROUND, Context, context_of

TEXT = "x" * 100 + " Kabul " + "y" * 100


@pytest.mark.parametrize(
    ("field", "start", "end", "wanted"),
    [
        pytest.param("text", 0, 3, ("", "One", " two\u2003three".replace("\u2003", " ")), id="beginning"),
        pytest.param("text", 8, 13, ("One two ", "three", ""), id="end"),
        pytest.param("text", 8, 99, None, id="beyond-the-text"),
        pytest.param("text", None, None, None, id="no-place"),
        pytest.param("topics", 0, 1, None, id="no-text"),
        pytest.param("slugline", 0, 5, ("", "AFGHA", "N"), id="another-field"),
    ],
)
def test_a_span_is_shown_where_it_stands(field: str, start: int | None, end: int | None, wanted) -> None:
    document = stored("a" * 32, headline=None, body_text="One two three", slugline="AFGHAN").document
    context = Context(before=wanted[0], text=wanted[1], after=wanted[2]) if wanted else None
    assert context_of(document, field, start, end) == context


def test_long_surroundings_are_cut_and_lines_joined() -> None:
    document = stored("a" * 32, headline="Head", body_text=TEXT).document
    context = context_of(document, "text", 107, 112)
    assert context is not None
    assert (context.text, context.before[0], context.after[-1]) == ("Kabul", "…", "…")
    assert len(context.before) == len(context.after) == AROUND + 1
    first = context_of(document, "text", 0, 4)
    assert first is not None
    assert first.after.startswith("  xxx")
