"""What may be reached, read from settings that somebody else may have written."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.core.errors import BezoarError, UsageError
from bezoar.fortify.egress.endpoints import Endpoint, destinations
from bezoar.fortify.egress.resolving import resolve
from bezoar.project.settings import MirrorSettings

SAFE = set(string.ascii_lowercase + string.digits + ".-:[]")

HOSTILE = (
    "evil.org; accept",
    'a"b.org',
    "a\nb.org",
    "a b.org",
    "*.org",
    "$(id).org",
    "a.org#",
    "ünder.org",
    "-a.org",
    "a..b",
    "127.1",
    "0x7f.0.0.1.1",
    "a_b.org",
    "a" * 64 + ".org",
    "a." * 130 + "org",
    "",
    "a.org\x00",
    "{a}.org",
    "${var.x}",
    "%{ if true }",
)


@pytest.mark.parametrize("host", HOSTILE)
def test_what_is_no_host_is_refused(host):
    with pytest.raises(UsageError, match="not a host"):
        Endpoint.of(host, 443)
    with pytest.raises(UsageError):
        destinations(MirrorSettings(uri="https://ok.example.org"), (f"{host}:443",))
    with pytest.raises(UsageError):
        destinations(MirrorSettings(uri=f"https://{host}/x"))


@given(st.text(max_size=30), st.integers())
def test_an_endpoint_has_no_letter_that_a_policy_would_act_on(host, port):
    try:
        one = Endpoint.of(host, port)
    except UsageError:
        return
    assert set(str(one)) <= SAFE
    assert Endpoint.parse(str(one)) == one


@pytest.mark.parametrize("text", ["a.org", "a.org:", "a.org:0", "a.org:65536", "a.org:-1", ":443"])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(UsageError):
        Endpoint.parse(text)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "224.0.0.1"])
def test_metadata_services_are_never_a_destination(host):
    with pytest.raises(UsageError, match="no business"):
        Endpoint.of(host, 80)


URIS = {
    "https://Mirror.Example.org/data": ["mirror.example.org:443"],
    "https://mirror.example.org:8443": ["mirror.example.org:8443"],
    "http://127.0.0.1:9000/x": ["127.0.0.1:9000"],
    "https://[2001:db8::5]/x": ["[2001:db8::5]:443"],
    "oci://registry.example.org:5000/data": ["registry.example.org:5000"],
    "s3://our-data/mirror": [
        "our-data.s3.amazonaws.com:443",
        "our-data.s3.eu-central-1.amazonaws.com:443",
    ],
    "gs://our-data": ["storage.googleapis.com:443"],
    "file:mirror": [],
    "../mirror": [],
}


@pytest.mark.parametrize("uri", URIS)
def test_each_kind_of_mirror(uri):
    found = destinations(MirrorSettings(uri=uri), (), {"AWS_REGION": "eu-central-1"})
    assert [str(one) for one in found.all] == URIS[uri]


def test_the_host_of_every_bucket_is_not_allowed_for_one():
    found = destinations(MirrorSettings(uri="s3://our-data"), (), {"AWS_REGION": "eu-central-1"})
    assert all(one.host.startswith("our-data.") for one in found.all)


def test_a_store_of_ones_own():
    own = MirrorSettings(uri="s3://our-data", endpoint="https://minio.example.org:9000")
    assert [str(one) for one in destinations(own, (), {}).all] == ["minio.example.org:9000"]
    named = {"AWS_ENDPOINT_URL_S3": "http://10.0.0.5"}
    found = destinations(MirrorSettings(uri="s3://our-data"), (), named)
    assert [str(one) for one in found.all] == ["10.0.0.5:80"]


OFF = {
    None: "no mirror is declared",
    "ftp://a.org/x": "no mirror has an address",
    "https://user:secret@a.org/x": "password",
    "s3://A_b/x": "not a bucket",
    "https://a.org:port/": "not a host",
    "https://a.org/\nx": "not a mirror's address",
    "https://[::1/": "not a mirror's address",
}


@pytest.mark.parametrize("uri", OFF, ids=str)
def test_what_is_no_mirror(uri):
    with pytest.raises(UsageError, match=OFF[uri]) as caught:
        destinations(MirrorSettings(uri=uri))
    assert "secret" not in caught.value.message


def test_a_region_is_checked_too():
    with pytest.raises(UsageError, match="not a region"):
        destinations(MirrorSettings(uri="s3://abc", region='x"\n}'))


def test_given_addresses_take_the_place_of_the_resolvers():
    one = Endpoint.of("mirror.example.org", 443)
    found = resolve([one], ["mirror.example.org=10.0.0.0/24", "mirror.example.org=fd00::1"])
    assert [str(network) for network in found.networks[one]] == ["10.0.0.0/24", "fd00::1/128"]
    assert [(str(n), p) for n, p in found.pairs(6)] == [("fd00::1/128", 443)]


@pytest.mark.parametrize(
    "given_", ["a.org=10.0.0.1", "m.org", "m.org=0.0.0.0/0", "m.org=::/0", "m.org=169.254.169.254"]
)
def test_an_address_that_is_none_or_everything(given_):
    with pytest.raises(UsageError):
        resolve([Endpoint.of("m.org", 443)], [given_])


def test_a_name_that_leads_to_the_metadata_service(monkeypatch):
    answer = [(2, 1, 6, "", ("169.254.169.254", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(UsageError, match="no business"):
        resolve([Endpoint.of("m.org", 443)])


def test_a_name_without_an_address_says_how_to_give_one(monkeypatch):
    def fail(*_, **__):
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    with pytest.raises(BezoarError, match="no address here") as caught:
        resolve([Endpoint.of("m.org", 443)])
    assert caught.value.next == "--address m.org=10.0.0.5"
