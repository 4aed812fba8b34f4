"""Whose address a request comes from, for limits that count by it.

Behind a proxy on this machine it is the one that X-Forwarded-For names; FORWARDED_ALLOW_IPS names proxies elsewhere
(uvicorn reads it; see docs/HOSTING.md).
"""

from __future__ import annotations

import ipaddress
from typing import Any

NETWORK = 64
"""Bits of an IPv6 address that one subscriber keeps: the rest can differ for every request."""


def address_of(host: str | None) -> str:
    """The host itself, or of IPv6 its network; "" for a request that comes from nowhere."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or ""
    if address.version == 6:
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address.packed, NETWORK), strict=False))
    return str(address)


def asker_of(request: Any) -> str:
    """The same of a Gradio request; "" for none."""
    return address_of(getattr(getattr(request, "client", None), "host", None))
