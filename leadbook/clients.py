"""Which client a request comes from."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings


def client_address(request):
    """Return the client's IP address, or None; an IPv6 client is its /64 network.

    X-Forwarded-For counts only as far as the configured proxies wrote it: each appends
    the address that it saw, so the client's stands TRUSTED_PROXIES places from the end.
    Whatever the client itself put in front is not looked at.
    """
    address = request.META.get("REMOTE_ADDR") or None
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if 0 < settings.TRUSTED_PROXIES <= len(hops):
        address = hops[-settings.TRUSTED_PROXIES]
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), 64), strict=False).network_address)
