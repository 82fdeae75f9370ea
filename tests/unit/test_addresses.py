"""Which addresses a feed may reach."""

import socket
from ipaddress import ip_network

import pytest

from pipeline.sources.addresses import BlockedAddressError, blocked, guarded_socket_factory, literal

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254
    169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
    198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 ::
    ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:a00:1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
    64:ff9b::10.0.0.1 64:ff9b:1::1 64:ff9b:1:ffff::8.8.8.8 100::1 2001:0:7f00:1:: 2001:2::1
    2001:10::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 4000::1 5f00::1 fc00::1
    fd00:ec2::254 fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1 ff0e::1
"""

PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
    169.253.255.255 172.15.255.255 172.32.0.0 192.0.1.0 198.17.255.255 198.20.0.0 223.255.255.255
    2001:4860:4860::8888 2606:4700::1111 2a00:1450:4001::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_that_is_not_of_the_public_internet_is_blocked_with_a_reason(address: str) -> None:
    assert blocked(address, ())


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_address_may_be_reached(address: str) -> None:
    assert blocked(address, ()) is None


@pytest.mark.parametrize("address", ["news.example", "", "127.1", "0x7f.1", "1.2.3.4/8", "１２７.0.0.1x"])
def test_what_is_no_address_is_blocked(address: str) -> None:
    assert blocked(address, ()) == "not an address"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.0.0.0/8"),
        ("::ffff:10.1.2.3", "10.0.0.0/8"),
        ("64:ff9b::10.1.2.3", "10.0.0.0/8"),
        ("127.0.0.1", "127.0.0.1/32"),
        ("fd00::5", "fd00::/8"),
        ("fe80::1%eth0", "fe80::/10"),
    ],
)
def test_an_allowed_network_may_be_reached_in_every_form(address: str, network: str) -> None:
    assert blocked(address, [ip_network(network)]) is None


def test_an_allowed_network_opens_no_other() -> None:
    allow = [ip_network("10.0.0.0/24"), ip_network("fd00::/64")]
    assert blocked("10.0.1.1", allow) == "a private network"
    assert blocked("127.0.0.1", allow) == "this machine"
    assert blocked("::ffff:127.0.0.1", allow) == "this machine"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("news.example", None),
        ("127.0.0.1.nip.example", None),
        ("ünïcode.example", None),
        ("", None),
    ],
)
def test_a_host_is_read_as_an_address_in_any_spelling(host: str, address: str | None) -> None:
    assert literal(host) == address


def test_the_factory_refuses_before_there_is_a_socket() -> None:
    make = guarded_socket_factory([])
    with pytest.raises(BlockedAddressError) as caught:
        make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.0.0.1", 80)))
    assert (caught.value.address, caught.value.why) == ("10.0.0.1", "a private network")


def test_the_factory_makes_a_socket_for_a_public_and_an_allowed_address() -> None:
    make = guarded_socket_factory([ip_network("10.0.0.0/8")])
    for address in ("8.8.8.8", "10.0.0.1"):
        with make((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80))) as made:
            assert made.family == socket.AF_INET
