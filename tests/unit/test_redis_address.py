"""Queue URLs: one server, Sentinels, TLS."""

import pytest

from pipeline.redaction import hide_in_urls, passwords_in
from pipeline.redis_address import read_address, with_options

SECRET = "redis+sentinel://desk:p%40ss@a.example:26380,[::1]:7000/wire/3?sentinel_password=word&sentinel_username=s"


@pytest.mark.parametrize(
    "url", ["redis://h/0", "rediss://u:p@h:6380/1?ssl_cert_reqs=none", "unix:///run/q.sock?db=2"]
)
def test_a_single_server_s_url_stays_as_it_is(url: str) -> None:
    address = read_address(url)
    assert (address.url, address.service, address.sentinels) == (url, None, ())


def test_sentinels_are_listed_and_the_rest_is_the_server_s() -> None:
    address = read_address(SECRET)
    assert address.sentinels == (("a.example", 26380), ("::1", 7000))
    assert address.service == "wire"
    assert address.url == "redis://desk:p%40ss@sentinel/3"
    assert (address.sentinel_user, address.sentinel_password) == ("s", "word")


def test_the_database_is_0_and_the_port_the_usual_one_where_nothing_is_said() -> None:
    address = read_address("rediss+sentinel://a,b/wire")
    assert address.sentinels == (("a", 26379), ("b", 26379))
    assert address.url == "rediss://sentinel/0"
    assert address.encrypted


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://sesame", "should begin with redis://"),
        ("redis://", "should begin with redis://"),
        ("sesame", "should begin with redis://"),
        ("redis://h:sesame/0", "for its port"),
        ("redis://h:99999/0", "for its port"),
        ("redis://h/sesame", "a database by its number"),
        ("rediss://h/1/2", "a database by its number"),
        ("redis://h/-1", "a database by its number"),
        ("redis://h/0?db=sesame", "a database by its number"),
        ("unix:///run/q.sock?db=sesame", "a database by its number"),
        ("redis+sentinel://sesame", "should name the service"),
        ("redis+sentinel://h/wire/sesame", "should name the service"),
        ("redis+sentinel://h:sesame/wire", "should name each Sentinel"),
        ("redis+sentinel://h,,sesame/wire", "should name each Sentinel"),
    ],
)
def test_a_wrong_url_is_refused_without_showing_it(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        read_address(url)
    assert "sesame" not in str(caught.value)


def test_options_that_a_url_has_are_not_added_twice() -> None:
    once = with_options("rediss://h/0", {"ssl_ca_certs": "/etc/ca.pem"})
    assert with_options(once, {"ssl_ca_certs": "/other"}) == once


def test_the_secrets_of_a_url_are_known_and_hidden() -> None:
    assert list(passwords_in(SECRET)) == ["p%40ss", "p@ss", "word"]
    hidden = hide_in_urls(SECRET)
    assert hidden == (
        "redis+sentinel://***@a.example:26380,[::1]:7000/wire/3?sentinel_password=***&sentinel_username=s"
    )
    assert "p%40ss" not in repr(read_address(SECRET))
    assert "word'" not in repr(read_address(SECRET))
