import pytest

from pipeline.errors import ConfigError
from pipeline.web.access import Access, Asked, access_for, refusal, session_of, wants_session

TOKEN = "a long and invented token"
LOCAL = access_for("127.0.0.1")
PUBLIC = access_for("0.0.0.0", token=TOKEN, names=("Wire.Example",))


def status(access: Access, **asked: str) -> int | None:
    refused = refusal(access, Asked(**{"method": "GET", "path": "/", "host": "localhost:8600", **asked}))
    return refused.status if refused else None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_loopback_needs_no_token(host: str) -> None:
    assert access_for(host).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "wire.example", ""])
def test_any_other_address_without_a_token_is_refused_in_words(host: str) -> None:
    with pytest.raises(ConfigError, match="NEWSWIRE_WEB__TOKEN"):
        access_for(host, token="")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8600", "127.0.0.1:8600", "[::1]:8600"])
def test_loopback_names_are_known(host: str) -> None:
    assert status(LOCAL, host=host) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "192.0.2.7", "[", "evil.example@localhost.", "a b"]
)
def test_other_names_are_refused(host: str) -> None:
    assert status(LOCAL, host=host) == 400


def test_further_names_and_the_configured_host_are_known() -> None:
    assert status(PUBLIC, host="wire.example:8600", token=TOKEN) is None
    assert status(access_for("desk.example", token=TOKEN), host="desk.example", token=TOKEN) is None


def test_a_server_on_all_addresses_may_be_addressed_by_any_of_them_but_by_no_strange_name() -> None:
    assert status(PUBLIC, host="192.0.2.7:8600", token=TOKEN) is None
    assert status(PUBLIC, host="evil.example", token=TOKEN) == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_answered(method: str) -> None:
    assert status(LOCAL, method=method) == 405


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/api/v1/status", "/api/openapi.json", "/static/newswire.css"]
)
def test_without_the_token_nothing_is_read(path: str) -> None:
    assert status(PUBLIC, path=path) == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_need_no_token(path: str) -> None:
    assert status(PUBLIC, path=path) is None


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        pytest.param({"authorization": f"Bearer {TOKEN}"}, None, id="bearer"),
        pytest.param({"authorization": f"bearer  {TOKEN} "}, None, id="spaces"),
        pytest.param({"authorization": f"Basic {TOKEN}"}, 401, id="basic"),
        pytest.param({"authorization": "Bearer wrong"}, 401, id="wrong"),
        pytest.param({"authorization": "Bearer \udcff"}, 401, id="not-unicode"),
        pytest.param({"token": TOKEN}, None, id="address"),
        pytest.param({"session": session_of(TOKEN)}, None, id="cookie"),
        pytest.param({"session": TOKEN}, 401, id="cookie-is-not-the-token"),
        pytest.param({"session": session_of("other")}, 401, id="wrong-cookie"),
    ],
)
def test_the_token_opens(given: dict[str, str], answer: int | None) -> None:
    assert status(PUBLIC, **given) == answer


def test_a_token_in_a_pages_address_becomes_a_session_and_in_the_apis_does_not() -> None:
    def wants(path: str, token: str = TOKEN) -> bool:
        return wants_session(PUBLIC, Asked(method="GET", path=path, host="localhost", token=token))

    assert wants("/")
    assert not wants("/", "wrong")
    assert not wants("/api/v1/status")


def test_secrets_are_not_in_the_repr() -> None:
    asked = Asked(method="GET", path="/", host="", authorization=TOKEN, session=TOKEN, token=TOKEN)

    assert TOKEN not in repr(PUBLIC) + repr(asked)
