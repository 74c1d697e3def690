"""Addresses: one spelling for each, and whether the machine behind one may be asked.

A name is resolved once for each request, every answer is checked, and the connection goes to a checked answer, so that
neither a redirect nor a second answer of the DNS leads into a private network.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

#: Browsers and servers give up near 8,000; a longer one is no address of a page.
LONGEST = 4_000

PORTS = {"http": 80, "https": 443}

_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,60}\.?|[0-9a-f:.]{2,45}")

#: A translator's own prefix (RFC 8215). Where in it the address of IPv4 stands, who set it up decides.
_OWN_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
#: What carries an address of IPv4 in its last four bytes: NAT64, the old compatible form, and SIIT.
_CARRIERS = (_OWN_NAT64, *map(ipaddress.ip_network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96")))

#: Where clouds answer beside 169.254.0.0/16.
_KEYS = frozenset(
    map(
        ipaddress.ip_address,
        (
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle, of old
            "168.63.129.16",  # Azure; by its number a public one
            "fd00:ec2::254",  # Amazon
            "fd00:ec2::23",  # Amazon, to what runs in its Kubernetes
            "fd20:ce::254",  # Google
        ),
    )
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadAddressError(ValueError):
    """What is no address of a page on the web, and why."""


class PrivateAddressError(Exception):
    """A name that leads to a machine that is not on the public internet."""


def normal(url: str, base: str = "") -> str:
    """One spelling of an address: lower-case host, punycode, escaped, no default port, no fragment.

    Raises:
        BadAddressError: not http or https, no host, a password in it, longer than ``LONGEST``.
    """
    try:
        url = url.strip()
        # A whole address is taken as it is: joining would drop a ; or a ? at its end.
        parts = urlsplit(url if re.match("[a-zA-Z][a-zA-Z0-9+.-]*:", url) else urljoin(base, url))
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError as error:
        raise BadAddressError(f"{url[:200]!r} is no address: {error}") from None
    if parts.scheme not in PORTS:
        raise BadAddressError(f"{url[:200]!r} is no http or https address")
    if parts.username is not None or parts.password is not None:
        raise BadAddressError(f"{url[:200]!r} holds a user name")
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host):
        raise BadAddressError(f"{url[:200]!r} has no host, or one that is no name")
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{port}" if port not in (None, PORTS[parts.scheme]) else ""
    path = quote(parts.path or "/", safe="/%:=&~+!$,;'@()*[]|-._")
    query = quote(parts.query, safe="/%:=&?~+!$,;'@()*[]|-._")
    found = urlunsplit((parts.scheme, netloc, path, query, ""))
    if len(found) > LONGEST:
        raise BadAddressError(f"{url[:200]!r}… has {len(found):,} characters; the limit is {LONGEST:,}")
    return found


def host_of(url: str) -> str:
    """The host of a normal address."""
    return urlsplit(url).hostname or ""


def origin_of(url: str) -> str:
    """Scheme, host and port of a normal address: what one robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def carried(address: Address) -> Address:
    """The address that an address of IPv6 carries; itself where it carries none."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if any(address in each for each in _CARRIERS):
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


def public(address: Address) -> bool:
    """Whether an address is on the public internet; one that carries another is what it carries."""
    inner = carried(address)
    if forbidden(address) or (isinstance(inner, ipaddress.IPv6Address) and inner.is_site_local):
        return False
    return inner.is_global and not (inner.is_multicast or inner.is_reserved or inner.is_unspecified)


def forbidden(address: Address) -> bool:
    """Whether an address is one that no crawl asks, in a private network either: link-local, or where the machines of
    a cloud are told their keys, or where one that it carries may not be told from its last four bytes."""
    inner = carried(address)
    hides = address in _OWN_NAT64 and any(address.packed[8:12])
    return hides or inner.is_link_local or inner in _KEYS


def resolve(url: str, allow_private: bool) -> list[tuple[str, int]]:
    """The machines and the port behind a normal address, each of which may be connected to.

    Raises:
        PrivateAddressError: one of them is not public, and that is not allowed, or is ``forbidden``.
        OSError: the name is not known.
    """
    parts = urlsplit(url)
    port = parts.port or PORTS[parts.scheme]
    try:
        answers = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(f"{parts.hostname} is no name: {error}") from None
    found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    for each in found:
        machine = ipaddress.ip_address(each.partition("%")[0])
        if forbidden(machine):
            raise PrivateAddressError(
                f"{parts.hostname} is {each}, link-local, a cloud's own or a translator's, which is never asked"
            )
        if not allow_private and not public(machine):
            raise PrivateAddressError(f"{parts.hostname} is {each}, which is not on the public internet")
    return [(each, port) for each in found]
