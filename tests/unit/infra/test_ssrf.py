"""Where a URL that a user gave can lead: only to the open internet. Every line here was somebody's way in somewhere."""

import socket

import httpx2
import pytest

from ocma.infra.outbound import Guard, Outbound, PublicResolver, Refused, is_public

PRIVATE = {
    "loopback": "127.0.0.1",
    "loopback, not the first": "127.8.9.10",
    "this host": "0.0.0.0",
    "private 10": "10.1.2.3",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "carrier": "100.64.0.1",
    "link local, cloud metadata": "169.254.169.254",
    "metadata of another cloud": "100.100.100.200",
    "benchmarks": "198.18.0.1",
    "documentation": "192.0.2.1",
    "protocol assignments": "192.0.0.8",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "loopback 6": "::1",
    "unspecified 6": "::",
    "unique local": "fd00::1",
    "metadata 6": "fd00:ec2::254",
    "link local 6": "fe80::1",
    "link local 6 with zone": "fe80::1%eth0",
    "site local": "fec0::1",
    "multicast 6": "ff02::1",
    "documentation 6": "2001:db8::1",
    "newer documentation 6": "3fff::1",
    "mapped": "::ffff:127.0.0.1",
    "mapped in hex": "::ffff:7f00:1",
    "mapped private": "::ffff:10.0.0.1",
    "translated": "::ffff:0:127.0.0.1",
    "compatible": "::127.0.0.1",
    "6to4": "2002:7f00:1::",
    "teredo": "2001:0:7f00:1:0:0:80ff:fffe",
    "NAT64": "64:ff9b::7f00:1",
    "NAT64 of one's own": "64:ff9b:1::7f00:1",
}
SPELLINGS = {  # of 127.0.0.1, 10.0.0.1 and 169.254.169.254
    "decimal": "http://2130706433/",
    "hex": "http://0x7f000001/",
    "octal": "http://017700000001/",
    "dotted hex": "http://0x7f.0x0.0x0.0x1/",
    "dotted octal": "http://0177.0.0.01/",
    "mixed": "http://0x7f.1/",
    "short": "http://127.1/",
    "one zero": "http://0/",
    "metadata, decimal": "http://2852039166/",
    "metadata, hex": "http://0xa9fea9fe/",
    "private, short": "http://10.1/",
    "bracketed": "http://[::ffff:127.0.0.1]/",
    "bracketed hex": "http://[::ffff:7f00:1]/",
    "zone": "http://[fe80::1%25eth0]/",
    "full width": "http://１２７.0.0.1/",
    "full width dot": "http://127。0。0。1/",
    "circled": "http://①②⑦.⓪.⓪.①/",
    "trailing dot": "http://127.0.0.1./",
}
SCHEMES = [
    "file:///etc/passwd",
    "ftp://a.example/",
    "gopher://a.example/_x",
    "dict://a.example/",
    "data:text/plain,x",
    "ldap://a.example/",
]
SCHEMES += ["//a.example/x", "jar:http://a.example!/", "http:/a.example/", "unix:/run/x.sock", "ws://a.example/", "javascript:1"]


class Untouched(httpx2.AsyncBaseTransport):
    """No request may come this far."""

    async def handle_async_request(self, request):
        raise AssertionError(request.url)


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_addresses_that_are_not_public(address):
    assert is_public(address) is False


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::"]
)
def test_addresses_that_are(address):
    assert is_public(address) is True


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
async def test_the_guard_stops_every_literal(address):
    host = f"[{address.replace('%', '%25')}]" if ":" in address else address
    with pytest.raises((Refused, httpx2.InvalidURL)):
        await Guard(Untouched(), Untouched(), ()).handle_async_request(httpx2.Request("GET", f"http://{host}/a.png"))


@pytest.mark.parametrize("url", SPELLINGS.values(), ids=SPELLINGS)
async def test_however_it_is_spelled_nothing_is_reached(url):
    await unreachable(url)


@pytest.mark.parametrize("url", SCHEMES)
async def test_odd_schemes(url):
    with pytest.raises((Refused, httpx2.InvalidURL)):
        await Guard(Untouched(), Untouched(), ()).handle_async_request(httpx2.Request("GET", url))


@pytest.mark.parametrize(
    "url",
    [
        "http://user@a.example/",
        "http://user:pw@a.example/",
        "http://a.example@127.0.0.1/",
        "http://a.example:80@127.0.0.1:9/",
        "http://%31@a.example/",
    ],
)
async def test_credentials_in_the_url(url):
    with pytest.raises((Refused, httpx2.InvalidURL)):
        await Guard(Untouched(), Untouched(), ()).handle_async_request(httpx2.Request("GET", url))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://localhost.localdomain/",
        "http://a.localhost:6379/",
        "http://127.0.0.1#@a.example/",
        "http://127.0.0.1\\@a.example/",
        "http://127.0.0.1:80\\@a.example/",
        "http://127.0.0.1%09.a.example/",
        "http://127.0.0.1%00.a.example/",
        "http://a.example%2f@127.0.0.1/",
        "http://[::1]:5432/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:080/",
        "http://[127.0.0.1]/",
        "http://[::1].a.example/",
    ],
)
async def test_tricks_with_names_and_ports(url):
    await unreachable(url)


async def unreachable(url):
    """A socket listens on every port that matters here: none may be asked."""
    outbound = Outbound(timeout=2)
    try:
        with pytest.raises((httpx2.TransportError, httpx2.InvalidURL)):
            await outbound.client("", chosen=False).get(url)
    finally:
        await outbound.close()


# Names that change what they mean


class Names:
    """A resolver that answers each time with the next of what it was given."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            {
                "hostname": host,
                "host": each,
                "port": port,
                "family": socket.AF_INET6 if ":" in each else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for each in addresses
        ]

    async def close(self):
        pass


def resolver(*answers):
    found = PublicResolver()
    found._inner = Names(*answers)
    return found


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
async def test_a_name_of_a_private_address_is_none(address):
    with pytest.raises(OSError, match="not a public address"):
        await resolver([address]).resolve("a.example", 80)


async def test_of_several_addresses_only_the_public_ones_are_dialled():
    found = await resolver(["10.0.0.1", "8.8.8.8", "::1"]).resolve("a.example", 80)
    assert [each["host"] for each in found] == ["8.8.8.8"]


async def test_a_name_that_is_public_first_and_private_then():
    """Rebinding: what was looked at is what is dialled, and the second look counts for the second connection."""
    changing = resolver(["8.8.8.8"], ["127.0.0.1"])
    assert [each["host"] for each in await changing.resolve("a.example", 80)] == ["8.8.8.8"]
    with pytest.raises(OSError, match="not a public address"):
        await changing.resolve("a.example", 80)
