"""Terraform for AWS: a security group, a DNS firewall, and for S3 an endpoint to one bucket."""

from typing import Final

from bezoar.fortify.egress.emit.wanted import Wanted, heading, reached

_VARIABLES: Final = """\
variable "bezoar_vpc_id" {
  type        = string
  description = "The VPC in which jobs train."
}
"""

_ENDPOINT_VARIABLES: Final = """
variable "bezoar_route_table_ids" {
  type        = list(string)
  description = "Of the subnets in which jobs train; they have no route to a NAT gateway."
}

data "aws_region" "bezoar" {}
"""

_GROUP: Final = """
resource "aws_security_group" "bezoar_training" {
  name        = "bezoar-training"
  description = "Training jobs: to the mirror, nowhere else"
  vpc_id      = var.bezoar_vpc_id
"""

_ENDPOINT: Final = """
# The endpoint lets nobody through to another bucket: by default it would let everybody through
# to every public one.
resource "aws_vpc_endpoint" "bezoar_mirror" {{
  vpc_id            = var.bezoar_vpc_id
  service_name      = "com.amazonaws.${{data.aws_region.bezoar.region}}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = var.bezoar_route_table_ids
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Sid       = "MirrorOnly"
      Effect    = "Allow"
      Principal = "*"
      Action    = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]
      Resource  = ["arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/*"]
    }}]
  }})
}}

# For the role of the jobs: its keys are worth nothing outside of this network.
resource "aws_iam_policy" "bezoar_training" {{
  name = "bezoar-training-from-the-vpc-only"
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Sid      = "DenyAroundTheEndpoint"
      Effect   = "Deny"
      Action   = "s3:*"
      Resource = "*"
      Condition = {{
        StringNotEquals = {{ "aws:SourceVpce" = aws_vpc_endpoint.bezoar_mirror.id }}
      }}
    }}]
  }})
}}
"""

_FIREWALL: Final = """
resource "aws_route53_resolver_firewall_domain_list" "bezoar_mirror" {{
  name    = "bezoar-mirror"
  domains = [{names}]
}}

resource "aws_route53_resolver_firewall_domain_list" "bezoar_all" {{
  name    = "bezoar-all"
  domains = ["*."]
}}

resource "aws_route53_resolver_firewall_rule_group" "bezoar" {{
  name = "bezoar-mirror-only"
}}
{allow}
resource "aws_route53_resolver_firewall_rule" "bezoar_deny" {{
  name                    = "bezoar-deny-all-else"
  action                  = "BLOCK"
  block_response          = "NXDOMAIN"
  priority                = 200
  firewall_domain_list_id = aws_route53_resolver_firewall_domain_list.bezoar_all.id
  firewall_rule_group_id  = aws_route53_resolver_firewall_rule_group.bezoar.id
}}

resource "aws_route53_resolver_firewall_rule_group_association" "bezoar" {{
  name                   = "bezoar-mirror-only"
  priority               = 101
  vpc_id                 = var.bezoar_vpc_id
  firewall_rule_group_id = aws_route53_resolver_firewall_rule_group.bezoar.id
}}

resource "aws_route53_resolver_firewall_config" "bezoar" {{
  resource_id        = var.bezoar_vpc_id
  firewall_fail_open = "DISABLED"
}}
"""

_ALLOW: Final = """
resource "aws_route53_resolver_firewall_rule" "bezoar_allow" {
  name                    = "bezoar-allow-mirror"
  action                  = "ALLOW"
  priority                = 100
  firewall_domain_list_id = aws_route53_resolver_firewall_domain_list.bezoar_mirror.id
  firewall_rule_group_id  = aws_route53_resolver_firewall_rule_group.bezoar.id
}
"""


def policy(wanted: Wanted) -> str:
    """Return a Terraform file."""
    in_s3 = _by_endpoint(wanted)
    parts = [_heading(wanted), _VARIABLES]
    if in_s3:
        parts.append(_ENDPOINT_VARIABLES)
    parts += [_GROUP, _rules(wanted), "}\n"]
    if in_s3:
        parts.append(_ENDPOINT.format(bucket=wanted.destinations.bucket))
    parts.append(_firewall(wanted))
    return "".join(parts)


def _by_endpoint(wanted: Wanted) -> bool:
    """Say whether the mirror is a bucket of AWS, not of another S3 server."""
    found = wanted.destinations
    return found.kind == "s3" and found.endpoints[0].host.endswith(".amazonaws.com")


def _heading(wanted: Wanted) -> str:
    return heading(
        "Terraform for AWS",
        (
            f"Machines in the security group reach {reached(wanted)} by TCP, and nothing else.",
            (
                "A mirror in S3 is reached through an endpoint that lets through to its bucket"
                " alone, and the role of the jobs can do nothing in S3 around it."
            ),
            "The VPC's resolver answers for the mirror's names only.",
        ),
        (
            "Only what is in the security group, and in no other one besides: groups add up.",
            "The resolver's rules hold for the whole VPC; keep training in one of its own.",
            (
                "The machine's metadata (169.254.169.254) is beyond security groups: switch it"
                " off, or set its hop limit to 1 where jobs are containers."
            ),
            (
                "Peerings, transit gateways and endpoints of other services: they are routes,"
                " and this file makes none and takes none away."
            ),
        ),
    )


def _rules(wanted: Wanted) -> str:
    found = wanted.destinations
    if _by_endpoint(wanted):
        target = "prefix_list_ids = [aws_vpc_endpoint.bezoar_mirror.prefix_list_id]"
        blocks = [_egress("S3, by the endpoint below", 443, target)]
        others = found.also
    else:
        blocks, others = [], found.all
    if others:
        addresses = wanted.addresses()
        for one in others:
            for version, word in ((4, "cidr_blocks"), (6, "ipv6_cidr_blocks")):
                cidrs = [f'"{n}"' for n in addresses.networks[one] if n.version == version]
                if cidrs:
                    said = f"{one} at {addresses.when}"
                    blocks.append(_egress(said, one.port, f"{word} = [{', '.join(cidrs)}]"))
    return "".join(blocks)


def _egress(comment: str, port: int, target: str) -> str:
    name, _, value = target.partition(" = ")
    width = max(len("from_port"), len(name))
    rows = [("from_port", port), ("to_port", port), ("protocol", '"tcp"'), (name, value)]
    lines = [f"    {key.ljust(width)} = {said}" for key, said in rows]
    return "\n".join([f"\n  # {comment}", "  egress {", *lines, "  }", ""])


def _firewall(wanted: Wanted) -> str:
    names = wanted.hosts()
    quoted = ", ".join(f'"{name}."' for name in names) or '"bezoar.invalid."'
    return _FIREWALL.format(names=quoted, allow=_ALLOW if names else "")
