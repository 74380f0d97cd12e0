"""Secrets that somebody typed into a command: found, and never shown, in whatever form."""

import pytest

from bezoar.evaluate.pipelines.inline_secrets import hidden

SECRET = "s3cr3tS3CR3Ts3cr3tS3CR3T0123456789abcd"  # noqa: S105 - nobody's
FORMS = [
    f"hf_{SECRET}",
    f"ghp_{SECRET}",
    f"github_pat_{SECRET}",
    f"glpat-{SECRET}",
    "AKIAS3CR3TS3CR3TS3CR",
    f"sk-{SECRET}",
    f"xoxb-{SECRET}",
    f"AIza{SECRET}",
    f"eyJ{SECRET}.eyJ{SECRET}.{SECRET}",
    f"curl -u admin:{SECRET} x",
    f"curl -uadmin:{SECRET}",
    f"curl -H 'Authorization: Bearer {SECRET}' x",
    f"https://user:{SECRET}@data.example.org/d.csv",
    f"https://{SECRET}@data.example.org/d.csv",
    f"https://data.example.org/d.csv?token={SECRET}",
    f"https://acme.blob.core.windows.net/d/a.csv?sv=1&sig={SECRET}",
    f"https://a.example/d?X-Amz-Signature={SECRET}",
    f"AccountName=acme;AccountKey={SECRET};",
    f"DB_PASSWORD={SECRET} python x.py",
    f"python fetch.py --api-key {SECRET}",
    f"python fetch.py --access-token={SECRET}",
    f"load(password='{SECRET}')",
    f'{{"client_secret": "{SECRET}"}}',
    f"wandb login {'0123456789abcdef' * 2}deadbeef",
]


@pytest.mark.parametrize("text", FORMS)
def test_a_secret_is_hidden(text):
    shown = hidden(text)
    assert "***" in shown
    assert "s3cr3t" not in shown
    assert "S3CR3T" not in shown
    assert "deadbeef" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "python train.py --data data/signs",
        "s3://acme/signs/2025-06/train.csv",
        "https://data.example.org/signs.csv",
        "curl -H 'Authorization: Bearer {secrets.TOKEN}'",
        "https://{user}:{password}@data.example.org/x",
        "API_TOKEN=$TOKEN python x.py",
        "git@github.com:acme/signs",
        "",
    ],
)
def test_what_is_none_stays(text):
    assert hidden(text) == text


def test_no_text_keeps_it_busy():
    for text in ("=" * 100_000, "a:" * 100_000, "--a " * 100_000, "token" * 100_000):
        assert len(hidden(text)) < 10_000
