"""One line an event; nothing that a terminal obeys, no secret."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog

from pipeline.logs import configure_logs, get_logger, hide_also

NASTY = "one\ntwo\r\x1b[31mred\x9b2J\u2028three\u202egnp\x00\ud800"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = root.handlers, root.level, structlog.get_config()
    yield
    logging.captureWarnings(capture=False)
    root.handlers, root.level = handlers, level
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


def logged(log_format: str = "json", level: str = "info", **more: object) -> io.StringIO:
    stream = io.StringIO()
    configure_logs(level, log_format, stream=stream, **more)  # type: ignore[arg-type]
    return stream


def records(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_object_a_line() -> None:
    stream = logged()
    get_logger("pipeline.x").info("feed_polled", feed="a", found=3, outcome="ok", duration_s=0.5, last=None)
    [record] = records(stream)
    assert list(record)[:4] == ["timestamp", "level", "event", "logger"]
    assert record | {"timestamp": 0} == {
        "timestamp": 0,
        "level": "info",
        "event": "feed_polled",
        "logger": "pipeline.x",
        "feed": "a",
        "found": 3,
        "outcome": "ok",
        "duration_s": 0.5,
        "last": None,
    }


def test_what_is_bound_is_in_each_line() -> None:
    stream = logged()
    with structlog.contextvars.bound_contextvars(feed="a"):
        get_logger("x").info("feed_polled")
        logging.getLogger("lib").warning("hm")
    assert [record["feed"] for record in records(stream)] == ["a", "a"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_h13_nasty_text_makes_no_second_line_and_no_escape(log_format: str) -> None:
    stream = logged(log_format)
    log = get_logger("x")
    log.info("entry_processed", title=NASTY, inner={NASTY: [NASTY, NASTY.encode("utf-8", "replace")]})
    log.info(NASTY, **{NASTY: 1})
    logging.getLogger("lib").warning("%s", NASTY)
    text = stream.getvalue()
    assert len(text.splitlines()) == text.count("\n") == 3
    assert not set(text) & set("\x1b\x9b\x00\r\u2028\u202e\ud800")


def test_a_line_of_a_library_has_its_logger_as_event_and_its_text_as_value() -> None:
    stream = logged()
    logging.getLogger("rq.worker").warning("job %s failed", "j1")
    [record] = records(stream)
    assert (record["event"], record["message"], record["level"]) == ("rq.worker", "job j1 failed", "warning")


def test_libraries_that_tell_of_every_request_are_heard_one_level_later() -> None:
    stream = logged()
    logging.getLogger("uvicorn.access").info("GET /")
    logging.getLogger("rq.worker").info("job done")
    logging.getLogger("pipeline").info("heard")
    assert [record["event"] for record in records(stream)] == ["pipeline"]


def test_a_library_that_set_itself_up_is_taken_over() -> None:
    own = io.StringIO()
    logger = logging.getLogger("rq.worker")
    logger.addHandler(logging.StreamHandler(own))
    logger.propagate = False
    stream = logged()
    logger.error("lost")
    assert not own.getvalue()
    assert len(records(stream)) == 1


@pytest.mark.parametrize(("level", "heard"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_a_level_silences_those_below(level: str, heard: int) -> None:
    stream = logged(level=level)
    log = get_logger("x")
    for each in (log.debug, log.info, log.warning, log.error):
        each("said")
    assert len(records(stream)) == heard


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_secrets_are_hidden_wherever_they_stand(log_format: str) -> None:
    secret = "se/sa me'1"
    stream = logged(log_format, secrets=[secret])
    log = get_logger("x")
    log.info("a", plain=f"x{secret}y", url="https://h/?q=se%2Fsa+me%271", inner=[{"k": secret.encode()}])
    log.info(
        "b", error=ValueError(secret), userinfo="redis://user:other@h/0", query="https://h/?api_key=other"
    )
    try:
        raise ValueError(secret)
    except ValueError:
        log.exception("c")
        logging.getLogger("lib").exception("failed with %s", secret)
    text = stream.getvalue()
    assert "***" in text
    for form in (secret, "se%2Fsa", "sa me", "other"):
        assert form not in text


def test_a_secret_that_came_later_is_hidden_too() -> None:
    stream = logged(secrets=["first-one"])
    hide_also(["second-one"])
    get_logger("x").info("said", text="first-one second-one")
    assert records(stream)[0]["text"] == "*** ***"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_h13_a_traceback_cannot_pretend_to_be_a_line(log_format: str) -> None:
    stream = logged(log_format)
    try:
        raise ValueError("x\n2026-01-01T00:00:00Z [info] all_is_well \x1b[2J")
    except ValueError:
        get_logger("x").exception("failed")
    lines = stream.getvalue().splitlines()
    assert "ValueError: x" in stream.getvalue()
    assert not any(line.startswith("2026-01-01") for line in lines)
    assert "\x1b" not in stream.getvalue()


def test_numbers_that_json_does_not_know_are_text() -> None:
    stream = logged()
    get_logger("x").info("odd", value=float("nan"), more=[float("inf")])
    assert "NaN" not in stream.getvalue()
    assert records(stream)[0]["value"] == "nan"


def test_a_value_of_a_megabyte_is_cut() -> None:
    stream = logged()
    get_logger("x").info("long", text="a" * 2**20)
    assert len(stream.getvalue()) < 30_000


def test_a_value_that_contains_itself_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    stream = logged()
    get_logger("x").info("loop", value=loop)
    assert len(records(stream)) == 1


def test_auto_is_json_for_files_and_colours_for_terminals() -> None:
    assert logged("auto").isatty() is False
    file, terminal, plain = io.StringIO(), Terminal(), Terminal()
    for stream, color in ((file, True), (terminal, True), (plain, False)):
        configure_logs("info", "auto", stream=stream, color=color)
        get_logger("x").info("said")
    assert file.getvalue().startswith("{")
    assert "\x1b[" in terminal.getvalue()
    assert "said" in plain.getvalue()
    assert "\x1b[" not in plain.getvalue()
    assert not plain.getvalue().startswith("{")


def test_warnings_of_python_are_lines_too() -> None:
    stream = logged()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("careful", stacklevel=1)
    assert "careful" in str(records(stream)[0]["message"])


def test_before_it_is_configured_nothing_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    get_logger("x").warning("early")
    assert capsys.readouterr().out == ""
