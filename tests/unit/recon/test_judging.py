"""Fingerprints, suppressions, baselines."""

import pytest
from scan_scene import read

from bezoar.core.errors import UsageError
from bezoar.recon.baseline import baseline_json, parse_baseline
from bezoar.recon.judging import fetch_fingerprints, judge
from bezoar.recon.scan.fetch import Context
from bezoar.recon.scan.inventory import Inventory
from bezoar.recon.scan.suppression import suppressions

TEXT = "fetch wget http://x.org/a dangers=plain-http"


def inventory(text, path="a.sh"):
    return Inventory(
        tuple(read(text, path, Context())), suppressions=tuple(suppressions(text, path))
    )


def prints(text, path="a.sh"):
    return [one.evidence["fingerprint"] for one in judge(inventory(text, path)).findings]


def test_a_fingerprint_survives_moved_lines():
    assert prints(TEXT) == prints(f"\n\n# more\n{TEXT}\n")


def test_a_fingerprint_is_of_the_path_the_loader_the_source_and_the_number():
    every = [
        *prints(f"{TEXT}\n{TEXT}"),
        *prints(TEXT, "b.sh"),
        *prints(TEXT.replace("wget", "curl")),
        *prints(TEXT.replace("x.org", "y.org")),
    ]
    assert len(every) == len(set(every)) == 15
    assert set(prints(TEXT)) < set(prints(f"{TEXT}\n{TEXT}"))


def test_each_source_has_one_of_its_own():
    fetches = inventory(f"{TEXT}\n{TEXT}").fetches
    assert len(set(fetch_fingerprints(fetches))) == 2


def test_a_suppression_silences_its_rule_and_is_counted():
    judgement = judge(inventory(f"{TEXT} # bezoar: ignore[BZ104] our lab"))
    assert {f.code for f in judgement.findings} == {"BZ101", "BZ103"}
    (silenced,) = judgement.silenced
    assert (silenced.finding.code, silenced.reason) == ("BZ104", "our lab")


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("ignore[BZ104]", "it gives no reason"),
        ("ignore", "it names no rule"),
        ("ignore[BZ105] why", "nothing of BZ105"),
    ],
)
def test_a_suppression_of_nothing_is_a_finding(comment, says):
    judgement = judge(inventory(f"{TEXT} # bezoar: {comment}"))
    (finding,) = [one for one in judgement.findings if one.code == "BZ112"]
    assert says in finding.message
    assert "BZ104" in {one.code for one in judgement.findings}


def test_what_an_audit_alone_finds_is_not_for_a_scan_to_call_idle():
    assert judge(inventory("x # bezoar: ignore[BZ236] the team decided so")).findings == ()
    both = judge(inventory("x # bezoar: ignore[BZ104,BZ236] the team decided so"))
    assert [one.code for one in both.findings] == ["BZ112"]


def test_nobody_suppresses_the_rule_on_suppressions_by_the_same_comment():
    judgement = judge(inventory("x # bezoar: ignore[BZ112] hush"))
    assert [one.code for one in judgement.findings] == ["BZ112"]


def test_a_stranger_has_no_say():
    judgement = judge(inventory(f"{TEXT} # bezoar: ignore[BZ104] our lab"), obeyed=())
    assert {f.code for f in judgement.findings} == {"BZ101", "BZ103", "BZ104"}
    assert (judgement.disobeyed, judgement.silenced) == (1, ())


def test_a_baseline_leaves_out_what_it_lists():
    before = judge(inventory(TEXT))
    known = parse_baseline(baseline_json(before.findings), "b.json")
    after = judge(inventory(f"{TEXT}\n\n{TEXT}"), known=known)
    assert len(after.known) == len(before.findings) == len(after.findings) == 3
    assert {one.place.line for one in after.findings} == {3}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nope", '{"schema_version": 2, "findings": {}}', "[" * 100_000, "null"]
)
def test_what_is_no_baseline(text):
    with pytest.raises(UsageError, match=r"b\.json is no baseline"):
        parse_baseline(text, "b.json")
