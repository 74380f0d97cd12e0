"""A NetworkPolicy of Kubernetes: deny all egress, then allow the mirror and the cluster's DNS."""

from typing import Any

import yaml

from bezoar.fortify.egress.emit.wanted import Wanted, heading, reached


def policy(wanted: Wanted) -> str:
    """Return two NetworkPolicies as YAML."""
    found = wanted.addresses()
    head = heading(
        f"Kubernetes NetworkPolicy for namespace {wanted.namespace}",
        (
            "No pod of the namespace reaches anything by IPv4 or IPv6, TCP, UDP or SCTP.",
            (
                f"Except {reached(wanted)}, at the addresses below, as they were at {found.when},"
                " and the cluster's own DNS."
            ),
        ),
        (
            (
                "A NetworkPolicy knows no names: where the mirror's addresses change, write it"
                " anew, or put a proxy with an address of its own before it."
            ),
            (
                "Whatever else lives at these addresses is allowed along: a content network or a"
                " region of a cloud store has many customers behind one address."
            ),
            (
                "The cluster's DNS answers for every name, so small amounts of data get out"
                " inside of questions. Cilium's policy limits the names."
            ),
            (
                "Nothing at all where the network plug-in does not enforce policies, and not for"
                " pods with hostNetwork: true."
            ),
            "Traffic of the node itself, and what the kubelet does for a pod, as pulling images.",
        ),
    )
    rules = [
        {
            "to": [{"ipBlock": {"cidr": str(network)}}],
            "ports": [{"protocol": "TCP", "port": port}],
        }
        for version in (4, 6)
        for network, port in found.pairs(version)
    ]
    documents = [
        _document("deny-egress", wanted.namespace, None),
        _document("allow-mirror", wanted.namespace, [*rules, _dns()]),
    ]
    return head + "---\n" + yaml.safe_dump_all(documents, sort_keys=False)


def _document(name: str, namespace: str, egress: list[dict[str, Any]] | None) -> dict[str, Any]:
    spec: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Egress"]}
    if egress is not None:
        spec["egress"] = egress
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"bezoar-{name}", "namespace": namespace},
        "spec": spec,
    }


def _dns() -> dict[str, Any]:
    """Allow the cluster's DNS pods only, not port 53 of everything."""
    return {
        "to": [
            {
                "namespaceSelector": {
                    "matchLabels": {"kubernetes.io/metadata.name": "kube-system"}
                },
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
        "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
    }
