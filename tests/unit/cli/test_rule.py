import pytest

from bezoar.cli.app import run


@pytest.mark.parametrize("code", ["BZ161", "bz161"])
def test_one_rule_is_explained(code, capsys):
    assert run(["rule", code]) == 0
    out = capsys.readouterr().out
    assert out.startswith("BZ161 ledger-event-changed\nLedger event changed\n\n")
    assert "severity  critical" in out
    assert max(map(len, out.splitlines())) <= 80


def test_without_a_code_every_rule_is_listed(capsys):
    assert run(["rule"]) == 0
    assert "BZ501  high      Samples stand out together" in capsys.readouterr().out


def test_an_unknown_code_is_answered_with_the_nearest(capsys):
    assert run(["rule", "BZ1633"]) == 2
    assert capsys.readouterr().err == "error: there is no rule 'BZ1633'\n  try: bezoar rule BZ163\n"


def test_what_begins_so_is_nearer_than_what_looks_like_it(capsys):
    assert run(["rule", "bz34"]) == 2
    assert "try: bezoar rule BZ34" in capsys.readouterr().err
