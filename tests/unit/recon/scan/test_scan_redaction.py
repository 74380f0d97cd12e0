"""No secret is repeated."""

import pytest

from bezoar.adapters.web.redaction import redacted
from bezoar.recon.scan.fetch import Danger, Fetch, Kind
from bezoar.recon.scan.redaction import without_secrets

SECRET = "hunter2secret"  # noqa: S105 - nobody's


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{SECRET}@example.org/a.zip",
        f"https://{SECRET}{SECRET}@example.org/a.zip",
        f"https://example.org/a.zip?token={SECRET}",
        f"https://example.org/a.zip?x=1&X-Amz-Signature={SECRET}&y=2",
        f"https://acc.blob.core.windows.net/c/a.zip?sv=2024&sig={SECRET}",
        f'load_dataset("x", token="{SECRET}")',
        f"load_dataset('x', use_auth_token='{SECRET}')",
        f"wget --password={SECRET} https://example.org",
        f"wget --http-password {SECRET} https://example.org",
        f"curl -u me:{SECRET} https://example.org",
        f"curl -H 'Authorization: Bearer {SECRET}' https://example.org",
        f"export API_KEY={SECRET}; curl https://example.org",
        f"login('hf_{SECRET}{SECRET}')",
        f"https://example.org/gh/ghp_{SECRET}{SECRET}/x",
    ],
)
def test_a_secret_is_taken_out(text):
    assert SECRET not in redacted(text)
    assert "***" in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a.zip?id=1234567",
        "git@github.com:owner/name.git",
        "https://{user}:{password}@example.org/a.zip",
        "https://example.org/a.zip?token={token}",
        "load_dataset('x', token=os.environ['HF_TOKEN'])",
        'curl -H "Authorization: Bearer $TOKEN" https://example.org',
        "AutoTokenizer.from_pretrained('gpt2', use_fast=True)",
        "tokenizer = load('gpt2')",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redacted(text) == text


def test_a_line_of_code_with_a_secret_in_its_address_is_left_out():
    uri = f"https://user:{SECRET}@example.org/a.zip"
    made = Fetch("a.py", 1, 1, "wget", Kind.ARCHIVE, uri, snippet=f"u + '{SECRET[:5]}'")
    clean = without_secrets(made)
    assert (clean.uri, clean.snippet) == ("https://***@example.org/a.zip", "")
    told = Fetch(
        "a.py", 1, 1, "wget", Kind.ARCHIVE, "https://x/", dangers=frozenset({Danger.SECRET_IN_URI})
    )
    assert without_secrets(told).snippet == ""


@pytest.mark.parametrize(
    "text", ["://" * 50_000, "token=" * 50_000, "?key=&" * 50_000, "-u" * 99999]
)
def test_a_hostile_text_comes_to_an_end(text):
    assert redacted(text)
