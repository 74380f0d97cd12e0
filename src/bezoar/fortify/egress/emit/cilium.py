"""A CiliumNetworkPolicy: the mirror by its name, and DNS that answers for that name only."""

from typing import Any

import yaml

from bezoar.fortify.egress.emit.wanted import Wanted, heading, reached


def policy(wanted: Wanted) -> str:
    """Return one CiliumNetworkPolicy as YAML."""
    head = heading(
        f"CiliumNetworkPolicy for namespace {wanted.namespace}",
        (
            (
                "No pod of the namespace reaches anything but what stands below: naming one"
                " destination denies all others."
            ),
            f"Allowed is {reached(wanted)}.",
            (
                "The cluster's DNS answers for these names only, so nothing gets out inside of"
                " questions."
            ),
        ),
        (
            (
                "Cilium allows the addresses that DNS gave for a name. Others that share them,"
                " as in a content network, become reachable along."
            ),
            (
                "Names are allowed, not what is said to them: whoever holds keys of another"
                " customer of the same store can write to it."
            ),
            "Pods with hostNetwork: true are not held by it.",
        ),
    )
    document = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "bezoar-mirror-only", "namespace": wanted.namespace},
        "spec": {"endpointSelector": {}, "egress": _rules(wanted)},
    }
    return head + "---\n" + yaml.safe_dump(document, sort_keys=False)


def _rules(wanted: Wanted) -> list[dict[str, Any]]:
    if not wanted.destinations.all:
        return [{}]  # one empty rule allows nothing, and switches to deny
    rules = [_dns(names)] if (names := wanted.hosts()) else []
    for one in wanted.destinations.all:
        ports = [{"ports": [{"port": str(one.port), "protocol": "TCP"}]}]
        if one.address is None:
            rules.append({"toFQDNs": [{"matchName": one.host}], "toPorts": ports})
        else:
            block = f"{one.host}/{one.address.max_prefixlen}"
            rules.append({"toCIDR": [block], "toPorts": ports})
    return rules


def _dns(names: list[str]) -> dict[str, Any]:
    labels = {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}
    return {
        "toEndpoints": [{"matchLabels": labels}],
        "toPorts": [
            {
                "ports": [{"port": "53", "protocol": "ANY"}],
                "rules": {"dns": [{"matchName": name} for name in names]},
            }
        ],
    }
