"""A ruleset of nftables: what a user, a control group or a whole machine may send."""

from collections.abc import Sequence

from bezoar.core.errors import UsageError
from bezoar.fortify.egress.emit.wanted import Wanted, heading, reached
from bezoar.fortify.egress.resolving import Addresses, Network

_SETS = {4: ("ipv4_addr", "ip"), 6: ("ipv6_addr", "ip6")}


def policy(wanted: Wanted) -> str:
    """Return a ruleset that replaces the one that it wrote before, at once."""
    found = wanted.addresses()
    lines = ["table inet bezoar", "delete table inet bezoar", "table inet bezoar {"]
    for version in (4, 6):
        lines += _set(version, found)
    lines += _output(wanted)
    lines += ["  chain job {", *(f"    {rule}" for rule in _rules(wanted)), "  }", "}"]
    return _heading(wanted, found) + "\n".join([*_names(found), *lines]) + "\n"


def _heading(wanted: Wanted, found: Addresses) -> str:
    asks = ", ".join(wanted.resolvers) or "nobody: put the names into /etc/hosts, as below"
    return heading(
        f"nftables ruleset for {_whom(wanted)}",
        (
            (
                f"What {_whom(wanted)} sends by IPv4 or IPv6, whatever the protocol, is refused at"
                " once, from every program, static ones and UDP included."
            ),
            f"Except to {reached(wanted)}, at the addresses below, as they were at {found.when}.",
            "Programs on the machine itself are reached (loopback), its resolver is not.",
            f"DNS: {asks}.",
        ),
        (
            (
                "Names: where an address changes, write it anew; what else lives at an address is"
                " allowed along."
            ),
            "A resolver that answers for every name lets small amounts out inside of questions.",
            (
                "What another program sends on the job's behalf: a proxy on loopback, a container"
                " engine, a service manager, a set-uid program under another user."
            ),
            "Whoever may load rulesets may take this one away.",
            "Connections that were open before it was loaded: start the job after it.",
        ),
    )


def _whom(wanted: Wanted) -> str:
    if wanted.user is not None and wanted.cgroup is not None:
        raise UsageError("give --user or --cgroup", next="bezoar egress emit --help")
    if wanted.cgroup is not None:
        return f"control group {wanted.cgroup}"
    return "everybody on this machine" if wanted.user is None else f"user {wanted.user}"


def _names(found: Addresses) -> list[str]:
    """Return lines for /etc/hosts, as a comment."""
    lines = [
        f"#   {network.network_address} {endpoint.host}"
        for endpoint, networks in found.networks.items()
        if endpoint.address is None
        for network in networks
        if network.prefixlen == network.max_prefixlen
    ]
    return ["# /etc/hosts:", *dict.fromkeys(lines)] if lines else []


def _set(version: int, found: Addresses) -> list[str]:
    kind, _ = _SETS[version]
    pairs = [f"{_plain(network)} . {port}" for network, port in found.pairs(version)]
    elements = [f"    elements = {{ {', '.join(pairs)} }}"] if pairs else []
    return [
        f"  set mirror{version} {{",
        f"    type {kind} . inet_service",
        "    flags interval",
        *elements,
        "  }",
    ]


def _plain(network: Network) -> str:
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address) if whole else str(network)


def _output(wanted: Wanted) -> list[str]:
    if wanted.cgroup is not None:
        depth = wanted.cgroup.count("/") + 1
        whom = f'socket cgroupv2 level {depth} "{wanted.cgroup}" jump job'
    elif wanted.user is not None:
        whom = f"meta skuid {wanted.user} jump job"
    else:
        whom = "jump job"
    return [
        "  chain output {",
        "    type filter hook output priority filter; policy accept;",
        f"    {whom}",
        "  }",
    ]


def _rules(wanted: Wanted) -> Sequence[str]:
    """Return the rules; the first that fits decides."""
    rules = []
    for version, (_, word) in _SETS.items():
        if asked := wanted.asked(version):
            to = ", ".join(map(_plain, asked))
            rules += [f"{word} daddr {{ {to} }} meta l4proto {{ tcp, udp }} th dport 53 accept"]
    rules += ["meta l4proto { tcp, udp } th dport { 53, 853 } counter reject"]
    rules += ['oifname "lo" accept']
    rules += [
        f"{word} daddr . tcp dport @mirror{version} accept" for version, (_, word) in _SETS.items()
    ]
    if wanted.user is None and wanted.cgroup is None:
        # Answers to those who connected to this machine, and what IPv6 needs to find its
        # neighbours; neither is a user's.
        rules += [
            "ct state established ct direction reply accept",
            "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept",
        ]
    # A reset ends a connection at once by either protocol; ICMPv6 alone would let it wait.
    rules += ["meta l4proto tcp counter reject with tcp reset"]
    return [*rules, "counter reject with icmpx admin-prohibited"]
