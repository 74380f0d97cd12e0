"""Each policy against the program that will read it, and what it says once read."""

import json
import os
import re
import shutil
import subprocess

import hcl2
import kubernetes_validate
import pytest
import yaml

from bezoar.core.errors import UsageError
from bezoar.fortify.egress.emit import EMITTERS, emit
from bezoar.fortify.egress.emit.environment import OFFLINE
from bezoar.fortify.egress.emit.wanted import Wanted
from bezoar.fortify.egress.endpoints import destinations
from bezoar.project.settings import MirrorSettings

URIS = {
    "web": "https://mirror.example.org/data",
    "address": "https://10.1.2.3:8443/data",
    "ipv6": "https://[2001:db8::7]/data",
    "s3": "s3://our-data/mirror",
    "google": "gs://our-data/mirror",
    "registry": "oci://registry.example.org:5000/data",
    "folder": "file:mirror",
}
ALSO = ("git.example.org:22", "[fd00::9]:5000")

INPUTS = {
    *("allowed-endpoints", "egress-policy", "token", "disable-telemetry", "disable-sudo"),
    *("disable-sudo-and-containers", "disable-file-monitoring", "exempt-files", "policy"),
    *("api-key", "use-policy-store", "deploy-on-self-hosted-vm"),
}
"""Of harden-runner's action.yml, as of v2.19."""


def wanted(uri, also=(), **options):
    found = destinations(MirrorSettings(uri=uri), also, {"AWS_REGION": "eu-central-1"})
    given = tuple(f"{one.host}=10.9.8.7" for one in found.all if one.address is None)
    return Wanted(found, given, **options)


def run(*command, **options):
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=60, **options
    )
    return done.returncode, done.stdout + done.stderr


def needs(program):
    if shutil.which(program) is None:
        pytest.skip(f"no {program} here")


@pytest.fixture(params=URIS.values(), ids=URIS)
def uri(request):
    return request.param


@pytest.fixture(params=[(), ALSO], ids=["alone", "also"])
def asked(uri, request):
    return wanted(uri, request.param)


@pytest.mark.parametrize("target", EMITTERS)
def test_each_begins_with_what_it_does_and_what_not(asked, target):
    text = emit(target, asked)
    comment = text.partition("\n---\n")[0] if target in ("kubernetes", "cilium") else text
    lines = comment.split("\n")
    assert "# What it enforces:" in lines[:4]
    assert "# What it does not:" in lines[:30]
    assert text.endswith("\n")
    assert max(len(line) for line in lines if line.startswith("#")) <= 100


def test_kubernetes(asked):
    documents = list(yaml.safe_load_all(emit("kubernetes", asked)))
    for document in documents:
        kubernetes_validate.validate(document, "1.30", strict=True)
    deny, allow = documents
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Egress"]}
    rules = allow["spec"]["egress"]
    assert all(rule.get("to") and rule.get("ports") for rule in rules), "an open rule"
    blocks = [to["ipBlock"]["cidr"] for rule in rules for to in rule["to"] if "ipBlock" in to]
    assert {"0.0.0.0/0", "::/0"}.isdisjoint(blocks)
    dns = [rule for rule in rules if {"protocol": "UDP", "port": 53} in rule["ports"]]
    assert [list(to) for rule in dns for to in rule["to"]] == [["namespaceSelector", "podSelector"]]


def test_what_kubernetes_would_refuse_is_seen():
    document = next(yaml.safe_load_all(emit("kubernetes", wanted(URIS["web"]))))
    document["spec"]["podSelectors"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(document, "1.30", strict=True)


def test_cilium(asked):
    document = yaml.safe_load(emit("cilium", asked))
    assert (document["apiVersion"], document["kind"]) == ("cilium.io/v2", "CiliumNetworkPolicy")
    rules = document["spec"]["egress"]
    names = [name["matchName"] for rule in rules for name in rule.get("toFQDNs", ())]
    asked_for = [
        name["matchName"]
        for rule in rules
        for port in rule.get("toPorts", ())
        for name in port.get("rules", {}).get("dns", ())
    ]
    assert names == asked_for == asked.hosts()
    assert rules, "no rule at all would allow everything"
    if asked.destinations.all:
        assert all(rule.get("toPorts") for rule in rules)


@pytest.mark.parametrize("target", ["aws", "gcp"])
def test_terraform(asked, target, tmp_path):
    text = emit(target, asked)
    hcl2.loads(text)
    if shutil.which("terraform"):
        (tmp_path / "egress.tf").write_text(text)
        code, said = run("terraform", "fmt", "-check", "-diff", str(tmp_path))
        assert code == 0, said


def resources(text, kind):
    found = {}
    for block in hcl2.loads(text).get("resource", ()):
        for name, named in block.items():
            if name.strip('"') == kind:
                found |= {key.strip('"'): value for key, value in named.items()}
    return found


def test_the_endpoint_of_aws_lets_through_to_one_bucket():
    text = emit("aws", wanted(URIS["s3"]))
    (endpoint,) = resources(text, "aws_vpc_endpoint").values()
    arns = set(re.findall(r"arn:aws:s3:::[^\"]+", str(endpoint)))
    assert {arn.rstrip("'\\") for arn in arns} == {
        "arn:aws:s3:::our-data",
        "arn:aws:s3:::our-data/*",
    }
    (group,) = resources(text, "aws_security_group").values()
    assert "cidr_blocks" not in str(group)
    assert "aws:SourceVpce" in text


@pytest.mark.parametrize("name", ["web", "google", "registry", "address", "folder"])
def test_what_is_no_bucket_of_aws_gets_no_endpoint(name):
    text = emit("aws", wanted(URIS[name]))
    assert resources(text, "aws_vpc_endpoint") == {}
    assert "0.0.0.0/0" not in text


def test_google_denies_by_both_protocols_and_last():
    rules = resources(
        emit("gcp", wanted(URIS["web"])), "google_compute_network_firewall_policy_rule"
    )
    denies = [str(rule["match"]) for rule in rules.values() if "deny" in str(rule["action"])]
    assert len(denies) == 2
    assert "0.0.0.0/0" in denies[0]
    assert "::/0" in denies[1]
    order = sorted(rules.values(), key=lambda rule: rule["priority"])
    assert ["deny" in str(rule["action"]) for rule in order] == [False, True, True]


def test_squid(asked, tmp_path):
    needs("squid")
    path = tmp_path / "squid.conf"
    path.write_text(emit("squid", asked))
    code, said = run("squid", "-k", "parse", "-f", str(path))
    assert code == 0, said
    assert not re.search(r"WARNING|ERROR|FATAL|Bungled", said), said
    path.write_text(path.read_text().replace("http_access deny all", "http_acces deny all"))
    assert "unrecognized" in run("squid", "-k", "parse", "-f", str(path))[1].lower()


def test_squid_ends_with_a_refusal_of_everything():
    lines = emit("squid", wanted(URIS["web"], ALSO)).splitlines()
    access = [line for line in lines if line.startswith("http_access")]
    assert access[-1] == "http_access deny all"
    assert all(re.fullmatch(r"http_access allow host\d port\d", line) for line in access[1:-1])


WHOM = {"everybody": {}, "by number": {"user": "12345"}, "by name": {"user": "root"}}


@pytest.mark.parametrize("whom", WHOM.values(), ids=WHOM)
def test_nftables(uri, whom, tmp_path):
    needs("nft")
    path = tmp_path / "egress.nft"
    path.write_text(emit("nftables", wanted(uri, ALSO, resolvers=("10.0.0.2", "fd00::2"), **whom)))
    unshared = ["unshare", "-rn"] if shutil.which("unshare") else []
    if unshared and run(*unshared, "true")[0]:
        pytest.skip("no user namespaces here")
    code, said = run(*unshared, "nft", "-c", "-f", str(path))
    assert code == 0, said
    if os.getuid() == 0:
        assert run("nft", "-c", "-f", str(path))[0] == 0
    path.write_text(path.read_text().replace("counter reject with", "counter rejekt with"))
    assert run(*unshared, "nft", "-c", "-f", str(path))[0] != 0


def test_nftables_for_a_control_group():
    text = emit("nftables", wanted(URIS["web"], cgroup="system.slice/training.service"))
    assert 'socket cgroupv2 level 2 "system.slice/training.service" jump job' in text


def test_github_actions(asked):
    text = emit("github-actions", asked)
    (step,) = yaml.safe_load(text)
    action, _, commit = step["uses"].partition("@")
    assert action == "step-security/harden-runner"
    assert re.fullmatch(r"[0-9a-f]{40}", commit)
    options = step["with"]
    assert set(options) <= INPUTS
    assert options["egress-policy"] == "block", "audit would block nothing"
    assert options["disable-sudo-and-containers"] is True
    listed = options.get("allowed-endpoints", "").split()
    assert listed == [str(one) for one in asked.destinations.all]


def test_the_environment_is_shell(asked):
    needs("sh")
    text = emit("env", asked)
    code, said = run("sh", "-c", f"{text}\nenv", env={"PATH": os.environ["PATH"]})
    assert code == 0
    assert {f"{name}={value}" for name, value in OFFLINE.items()} <= set(said.splitlines())


HOSTILE = {
    "namespace": "a\n  evil: yes",
    "user": "0 accept; meta skuid 1",
    "cgroup": 'x" accept; socket cgroupv2 level 1 "y',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_more_than_a_name_is_refused(name):
    with pytest.raises(UsageError, match=f"not a {name}"):
        wanted(URIS["web"], **{name: HOSTILE[name]})


def test_nothing_of_an_address_beyond_its_host_enters_a_policy():
    uri = "https://mirror.example.org/;accept;$(id)'\"}{"
    for target in EMITTERS:
        assert "$(id)" not in emit(target, wanted(uri))


def test_user_or_control_group():
    with pytest.raises(UsageError, match="--user or --cgroup"):
        emit("nftables", wanted(URIS["web"], user="a", cgroup="b"))


def test_no_such_target():
    with pytest.raises(UsageError, match="want one of kubernetes, cilium, aws"):
        emit("k8s", wanted(URIS["web"]))


def test_a_resolver_that_is_none():
    with pytest.raises(UsageError, match="not an address"):
        emit("nftables", wanted(URIS["web"], resolvers=("1.1.1.1; accept",)))


def test_policies_are_said_in_json_too():
    """What is parsed and written again is the same: no tag, no anchor, no surprise of YAML."""
    for document in yaml.safe_load_all(emit("kubernetes", wanted(URIS["web"]))):
        assert yaml.safe_load(json.dumps(document)) == document
