"""A configuration of Squid: a proxy that knows the mirror, and refuses all else."""

from bezoar.fortify.egress.emit.wanted import Wanted, heading, reached

_PORT = 3128


def policy(wanted: Wanted) -> str:
    """Return a squid.conf."""
    head = heading(
        "squid.conf: a proxy that leads to the mirror only",
        (
            f"Whoever asks this proxy reaches {reached(wanted)}, and nothing else.",
            "A tunnel (CONNECT) is made to exactly these hosts and ports.",
            (
                "An address in place of a name is not looked up (dstdomain -n): who asks does not"
                " choose what its reverse lookup says."
            ),
        ),
        (
            (
                "Only what goes through the proxy is held. Direct ways out are another policy's"
                " business: without one, a job simply does not ask the proxy."
            ),
            (
                "What is inside of a tunnel: where the host is one of many behind an address, the"
                " name that TLS speaks may be another."
            ),
            "Who may ask: everybody who reaches its port. Bind it to the network of the jobs.",
        ),
    )
    lines = [
        f"http_port {_PORT}",
        "acl metadata dst 169.254.0.0/16 fe80::/10",
        "http_access deny metadata",
    ]
    for number, one in enumerate(wanted.destinations.all, 1):
        what = "dst" if one.address is not None else "dstdomain -n"
        lines += [
            f"acl host{number} {what} {one.host}",
            f"acl port{number} port {one.port}",
            f"http_access allow host{number} port{number}",
        ]
    lines += ["http_access deny all", "# Copies are a mirror's business.", "cache deny all"]
    # Requests and their answers stay whole: nobody learns who asked.
    lines += ["forwarded_for delete"]
    return head + "\n".join(lines) + "\n"
