import pytest
from hypothesis import given
from hypothesis import strategies as st

from bezoar.datasets.licence import parse_licence
from bezoar.facts.licences import licences


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc0-1.0", "CC0-1.0"),
        (" MIT  OR\t(apache-2.0 WITH llvm-exception) ", "MIT OR (Apache-2.0 WITH LLVM-exception)"),
        ("((MIT))", "((MIT))"),
        ("GPL-2.0+", "GPL-2.0+"),
        ("CDDL-1.0+", "CDDL-1.0+"),
        ("LicenseRef-ours", "LicenseRef-ours"),
        ("DocumentRef-a:LicenseRef-b AND MIT", "DocumentRef-a:LicenseRef-b AND MIT"),
        ("MIT WITH AdditionRef-x", "MIT WITH AdditionRef-x"),
        ("NONE", "NONE"),
        ("NOASSERTION", "NOASSERTION"),
    ],
)
def test_expressions(text, spelt):
    assert parse_licence(text) == spelt
    assert parse_licence(spelt) == spelt


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "missing at its end"),
        ("MIT License", "missing before 'License'"),
        ("Apachee-2.0", "did you mean 'Apache-2.0'"),
        ("completely our own", "LicenseRef-NAME"),
        ("MIT OR", "missing at its end"),
        ("OR MIT", "missing before 'OR'"),
        ("MIT AND OR MIT", "missing before 'OR'"),
        ("()", "missing before"),
        ("(MIT", "parentheses"),
        ("MIT)", "parentheses"),
        ("MIT) OR (MIT", "parentheses"),
        ("MIT (MIT)", "AND, OR or WITH"),
        ("MIT WITH nonsense-of-ours", "AdditionRef-NAME"),
        ("(MIT) WITH LLVM-exception", "after a licence"),
        ("MIT WITH LLVM-exception WITH LLVM-exception", "after a licence"),
        ("MIT OR NONE", "not an SPDX licence"),
        ("MIT++", "not an SPDX licence"),
        ("(" * 2000, "more than 1000"),
    ],
)
def test_what_is_none(text, says):
    with pytest.raises(ValueError, match="SPDX") as caught:
        parse_licence(text)
    assert says in str(caught.value)


names = st.sampled_from(sorted(licences().licences.values()))
expressions = st.recursive(
    names, lambda inner: st.builds("({} AND {})".format, inner, inner), max_leaves=8
)


@given(expressions, expressions)
def test_what_is_made_of_expressions_is_one(one, other):
    assert parse_licence(f"{one} OR {other}") == f"{one} OR {other}"


@given(st.text(max_size=60))
def test_any_text_is_judged(text):
    try:
        spelt = parse_licence(text)
    except ValueError:
        return
    assert parse_licence(spelt) == spelt
