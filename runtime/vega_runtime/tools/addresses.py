"""Which network addresses a tool may connect to."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

from vega_runtime.errors import ToolError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # a cloud's metadata service at a public address
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/8",  # unspecified, loopback, IPv4 written into IPv6
        "100::/8",
        "fec0::/10",
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet, also where it carries another inside."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _carried(address)
        if inner is not None:
            return is_public(inner)
        if address.scope_id is not None:
            return False
    if any(address.version == network.version and address in network for network in _REFUSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a translating or tunnelling IPv6 address stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def host_matches(host: str, port: int, allowed: Sequence[str]) -> bool:
    """Whether a host is in a list of names, `*.names` and addresses, each with or without a port.

    `*.example.com` is every name below `example.com`, not that name itself.
    """
    host = normal_host(host)
    for entry in allowed:
        name, wanted = _name_and_port(entry)
        if wanted is not None and wanted != port:
            continue
        if name.startswith("*."):
            if host.endswith(name[1:]) and len(host) > len(name) - 1:
                return True
        elif host == name:
            return True
    return False


def normal_host(host: str) -> str:
    """A host in lower case, without the root's dot and brackets."""
    return host.lower().removesuffix(".").removeprefix("[").removesuffix("]")


def _name_and_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("[") and "]:" in entry:
        name, _, port = entry.rpartition(":")
        return normal_host(name), int(port)
    name, colon, port = entry.partition(":")
    if colon and port.isdecimal() and ":" not in port:
        return normal_host(name), int(port)
    return normal_host(entry), None


async def resolve_host(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host, in the order to try them.

    Raises ToolError when there is none, and, unless `private`, when any is not public: a name
    with one public and one private address is a trick, not a mistake.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ToolError(f"the host '{host}' cannot be found") from None
    texts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private:
        for text in texts:
            if not is_public(ipaddress.ip_address(text)):
                raise ToolError(
                    f"the host '{host}' is refused: {text} is a private, local or reserved address"
                    " (a tool reaches such hosts only where allowed_hosts lists them)"
                )
    return texts
