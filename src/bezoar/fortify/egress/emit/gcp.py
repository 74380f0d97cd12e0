"""Terraform for Google Cloud: a firewall policy that allows the mirror by its name."""

from typing import Final

from bezoar.fortify.egress.emit.wanted import Wanted, heading, reached
from bezoar.fortify.egress.endpoints import Endpoint

_RESTRICTED: Final = "199.36.153.4/30"
"""restricted.googleapis.com: those of Google's services that a service perimeter can hold."""

_START: Final = """\
variable "bezoar_project" {
  type        = string
  description = "The project in which jobs train."
}

variable "bezoar_network" {
  type        = string
  description = "The id of the VPC network in which jobs train."
}

resource "google_compute_network_firewall_policy" "bezoar" {
  project     = var.bezoar_project
  name        = "bezoar-mirror-only"
  description = "Training jobs: to the mirror, nowhere else"
}

resource "google_compute_network_firewall_policy_association" "bezoar" {
  project           = var.bezoar_project
  name              = "bezoar-mirror-only"
  attachment_target = var.bezoar_network
  firewall_policy   = google_compute_network_firewall_policy.bezoar.name
}
"""

_RULE: Final = """
resource "google_compute_network_firewall_policy_rule" "{name}" {{
  project         = var.bezoar_project
  firewall_policy = google_compute_network_firewall_policy.bezoar.name
  priority        = {priority}
  direction       = "EGRESS"
  action          = "{action}"
  enable_logging  = true

  match {{
    {what} = [{values}]
    layer4_configs {{
{layer}
    }}
  }}
}}
"""

_DNS: Final = """
# storage.googleapis.com leads to the restricted addresses, which have no route to the internet.
resource "google_dns_managed_zone" "bezoar" {{
  project    = var.bezoar_project
  name       = "bezoar-googleapis"
  dns_name   = "googleapis.com."
  visibility = "private"

  private_visibility_config {{
    networks {{
      network_url = var.bezoar_network
    }}
  }}
}}

resource "google_dns_record_set" "bezoar" {{
  project      = var.bezoar_project
  managed_zone = google_dns_managed_zone.bezoar.name
  name         = "storage.googleapis.com."
  type         = "A"
  ttl          = 300
  rrdatas      = [{addresses}]
}}
"""


def policy(wanted: Wanted) -> str:
    """Return a Terraform file."""
    found = wanted.destinations
    in_store = found.kind == "gs"
    parts = [_heading(wanted), _START]
    for number, one in enumerate(found.all):
        store = in_store and one in found.endpoints
        parts.append(_allow(f"bezoar_allow_{number}", 1000 + number, one, store=store))
    for number, everything in enumerate(("0.0.0.0/0", "::/0")):
        parts.append(_rule(f"bezoar_deny_{number}", 65000 + number, "deny", everything))
    if in_store:
        addresses = ", ".join(f'"199.36.153.{last}"' for last in range(4, 8))
        parts.append(_DNS.format(addresses=addresses))
    return "".join(parts)


def _heading(wanted: Wanted) -> str:
    open_ = [
        (
            "The metadata server (169.254.169.254) and the resolver behind it are beyond firewalls:"
            " give the jobs' service account no rights that they do not need, and a DNS policy."
        ),
        "Names are resolved by Google: others at the same address become reachable along.",
        "Rules of a folder or an organisation come first, and can allow what this denies.",
        "Peerings and other networks' rules.",
    ]
    if wanted.destinations.kind == "gs":
        open_.insert(
            0,
            "Every bucket of Google Cloud Storage answers at the addresses that are allowed. Only"
            f" a service perimeter (VPC Service Controls) around the project of"
            f" {wanted.destinations.mirror} keeps the others out; and the subnet needs Private"
            " Google Access.",
        )
    return heading(
        "Terraform for Google Cloud",
        (
            (
                f"What lies in the network reaches {reached(wanted)} by TCP, and nothing else,"
                " by IPv4 or IPv6. Refusals are logged."
            ),
        ),
        open_,
    )


def _allow(name: str, priority: int, one: Endpoint, *, store: bool) -> str:
    if store:
        return _rule(name, priority, "allow", _RESTRICTED, one.port)
    if one.address is not None:
        block = f"{one.host}/{one.address.max_prefixlen}"
        return _rule(name, priority, "allow", block, one.port)
    return _rule(name, priority, "allow", one.host, one.port, what="dest_fqdns")


def _rule(
    name: str,
    priority: int,
    action: str,
    value: str,
    port: int | None = None,
    *,
    what: str = "dest_ip_ranges",
) -> str:
    ports = f'      ip_protocol = "tcp"\n      ports       = ["{port}"]'
    layer = '      ip_protocol = "all"' if port is None else ports
    return _RULE.format(
        name=name, priority=priority, action=action, what=what, values=f'"{value}"', layer=layer
    )
