"""Which language a text is in."""

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from workers.normalise.classifier import classify, identifier, warm_up
from workers.normalise.language import Language, language_of, language_tag
from workers.normalise.language_codes import LANGUAGES

ENGLISH = "The council decided on Monday that the bridge over the river would stay closed until next year."
FRENCH = "Le conseil a décidé lundi que le pont sur la rivière resterait fermé jusqu'à la fin de l'année."


def of(text: str, sent: str | None = None, hint: str | None = None) -> Language:
    return language_of(text, sent=sent, hint=hint)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", ENGLISH),
        ("fr", FRENCH),
        (
            "es",
            "El consejo decidió el lunes que el puente sobre el río seguirá cerrado hasta finales de año.",
        ),
        (
            "de",
            "Der Rat beschloss am Montag, dass die Brücke über den Fluss gesperrt bleibt.",
        ),
        (
            "ar",
            "قرر المجلس يوم الاثنين إبقاء الجسر فوق النهر مغلقا حتى نهاية العام الجاري بسبب أعمال الصيانة.",
        ),
        ("fa", "شورا روز دوشنبه تصمیم گرفت که پل روی رودخانه تا پایان سال بسته بماند."),
        ("ps", "شورا د دوشنبې په ورځ پرېکړه وکړه چې د سیند پل به د کال تر پایه پورې بند وي."),
        ("zh", "市议会星期一决定，河上的大桥将继续关闭到今年年底，以便进行维修工程。"),
        ("ru", "Совет решил в понедельник, что мост через реку останется закрытым до конца года."),
    ],
)
def test_a_text_says_its_language(code: str, text: str) -> None:
    found = of(text)
    assert found.code == code
    assert found.score is not None
    assert found.score > 0.9


def test_capitals_do_not_matter() -> None:
    assert of(FRENCH.upper()).code == "fr"


def test_a_doubtful_beginning_is_read_further() -> None:
    assert (
        of(
            "Pont - pont - bridge - pont - 12.45 - 13.20 - 77.1 - x - Pont - pont - bridge - 12. "
            + FRENCH * 2
        ).code
        == "fr"
    )


def test_the_sender_is_believed_where_the_text_agrees() -> None:
    found = of(FRENCH, sent="fr_CA")
    assert (found.code, found.note) == ("fr-CA", None)
    assert found.score is not None


def test_the_sender_is_not_believed_against_a_clear_text() -> None:
    found = of(FRENCH, sent="en-us")
    assert found.code == "fr"
    assert found.note == "the sender says language en-US, the text is in fr"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        pytest.param("Pont fermé à Kaboul", "en", id="short text"),
        pytest.param(
            "Vijeće je odlučilo da most preko rijeke ostane zatvoren do kraja godine.", "bs", id="close kin"
        ),
    ],
)
def test_the_sender_is_believed_where_the_text_cannot_tell(text: str, sent: str) -> None:
    assert of(text, sent=sent).code == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Kabul",
        "喀布",
        "12 345 678 - 9",
        "https://example.org/a/long/path/to/a/story",
        "Shr 75 cts vs 52 cts Net 1,699,124 vs 1,177,786 Revs 45.6 mln vs 31.6 mln",
    ],
)
def test_a_text_without_words_is_in_the_language_it_is_said_to_be(text: str) -> None:
    assert of(text) == Language(code=None)
    assert of(text, hint="ps") == Language(code="ps")
    assert of(text, sent="fa", hint="ps") == Language(code="fa")


@pytest.mark.parametrize("sent", ["US", "xx-bogus", " English\n"])
def test_what_is_no_language_counts_as_not_said_and_is_noted(sent: str) -> None:
    found = of(ENGLISH, sent=sent)
    assert found.code == "en"
    assert found.note == f"the sender says language {sent.strip()}, which is none"
    assert of("Kabul", sent=sent, hint="ps").code == "ps"


def test_a_note_repeats_no_more_than_the_beginning() -> None:
    assert of("Kabul", sent="x" * 1_000).note == f"the sender says language {'x' * 40}, which is none"


@pytest.mark.parametrize("sent", [None, "", " ", "und", "MUL"])
def test_a_language_that_is_not_said_is_not_noted(sent: str | None) -> None:
    assert of(ENGLISH, sent=sent).note is None


def test_every_language_that_the_model_knows_is_one() -> None:
    labels = LanguageIdentifier.from_model_file(MODEL_FILE).labels  # type: ignore[no-untyped-call]
    assert [label for label in labels if label not in LANGUAGES] == ["zxx"]


def test_a_hint_counts_for_short_texts_only() -> None:
    assert of("Explosion à Kaboul", hint="de") == Language(code="de")
    assert of(FRENCH, hint="de").code == "fr"
    agreed = of("Pont fermé à Kaboul", hint="fr-CA")
    assert agreed.code == "fr-CA"
    assert agreed.score is not None


@pytest.mark.parametrize(
    ("sent", "tag"),
    [
        ("EN", "en"),
        ("en_us", "en-US"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("fre", "fr"),
        ("iw", "he"),
        ("swe", "sv"),
        ("ckb-iq", "ckb-IQ"),
        ("nb-NO", "nb-NO"),
        ("us", None),
        ("US", None),
        ("xx-bogus", None),
        ("und", None),
        ("es-419", "es-419"),
        ("English", None),
        ("", None),
        ("x", None),
        (None, None),
    ],
)
def test_languages_are_written_as_bcp_47(sent: str | None, tag: str | None) -> None:
    assert language_tag(sent) == tag


def test_warming_up_loads_the_model_once() -> None:
    warm_up()
    warm_up()


def test_the_classifier_says_what_py3langid_says() -> None:
    theirs = identifier()
    texts = [
        ENGLISH,
        FRENCH,
        "",
        "12.5 7",
        "MOSKVA",
        "е\u0301",
        "\ud800 lone",
        "市议会",
        "xq",
        "Ќе дојде",
        "Ће доћи",
    ]
    texts += [ENGLISH[start : start + size] for start in range(40) for size in (3, 20, 60)]
    assert [classify(each) for each in texts] == [theirs.classify(each) for each in texts]
