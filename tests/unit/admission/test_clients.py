"""What counts as one client: addresses, networks, and what proxies say."""

import pytest

from gateway.admission.clients import LOCAL, Proxies, address_of

LOOPBACK = ("127.0.0.0/8", "::1")


def key(peer, forwarded=None, trusted=LOOPBACK):
    return address_of(peer and (peer, 5), forwarded, Proxies(trusted))


@pytest.mark.parametrize(
    ("peer", "found"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        (None, LOCAL),
    ],
)
def test_an_address_is_one_client_and_so_is_a_network_of_ipv6(peer, found):
    assert key(peer) == found


@pytest.mark.parametrize(
    "forwarded",
    [
        b"198.51.100.7",
        b"198.51.100.7:4711",
        b"1.2.3.4, 198.51.100.7",
        b"1.2.3.4,198.51.100.7,10.0.0.3 , 10.1.2.3:80",
        b"made up, 198.51.100.7, 10.0.0.3",
    ],
)
@pytest.mark.parametrize("peer", ["10.9.9.9", "::ffff:10.9.9.9", "2001:db8::1", None])
def test_the_first_address_from_the_right_that_is_no_trusted_proxy_is_the_client(peer, forwarded):
    assert key(peer, forwarded, ("10.0.0.0/8", "2001:db8::1")) == "198.51.100.7"


@pytest.mark.parametrize("forwarded", [b"[2001:db8::7]:80", b"2001:db8::7", b"[2001:db8::7]"])
def test_ipv6_is_read_from_what_proxies_write(forwarded):
    assert key("127.0.0.1", forwarded) == "2001:db8::/64"


def test_the_header_of_a_peer_that_is_not_trusted_is_not_read():
    assert key("203.0.113.9", b"198.51.100.7") == "203.0.113.9"
    assert key("127.0.0.1", b"198.51.100.7", ()) == "127.0.0.1"


@pytest.mark.parametrize("forwarded", [b"1.2.3.4, unknown", b"1.2.3.4, _hidden", b"1.2.3.4, \xff", b"1.2.3.4,"])
def test_an_entry_that_is_no_address_makes_its_proxy_the_client(forwarded):
    assert key("127.0.0.1", forwarded) == "127.0.0.1"


def test_proxies_alone_are_the_one_farthest_away():
    assert key("127.0.0.1", b"127.0.0.3, 127.0.0.2") == "127.0.0.3"


def test_a_header_of_a_million_entries_is_read_to_the_first_that_counts():
    assert key("127.0.0.1", b"1.1.1.1," * 1_000_000 + b"198.51.100.7") == "198.51.100.7"
