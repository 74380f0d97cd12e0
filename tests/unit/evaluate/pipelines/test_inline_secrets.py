"""What is a secret in the open, and what only looks like one."""

import pytest

from bezoar.evaluate.pipelines.inline_secrets import is_secret, of_script


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", "abcd1234"),
        ("awsSecretKey", "abcdefgh"),
        ("MLFLOW_TRACKING_PASSWORD", "b7Qm2Zr9"),
        ("ANY", "ghp_abcdefghijklmnop1234"),
        ("DSN", "postgres://user:hunter22@db/x"),
    ],
)
def test_a_secret_is_one_by_its_name_or_by_its_look(name, value):
    assert is_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", "${{ secrets.HF }}"),
        ("HF_TOKEN", "$HF"),
        ("id-token", "write"),
        ("CACHE_KEY", "data-v1"),
        ("POSTGRES_PASSWORD", "postgres"),
        ("TOKENIZER", "bert-base-uncased"),
        ("PASSWORD", "/run/secrets/password"),
        ("URL", "https://example.org/x?y=z"),
        ("DSN", "postgres://user:$PASSWORD@db/x"),
    ],
)
def test_a_reference_or_a_setting_is_none(name, value):
    assert not is_secret(name, value)


def test_scripts_are_searched_line_by_line():
    script = (
        "export AWS_SECRET_ACCESS_KEY=abcd1234efgh\n"
        "# PASSWORD=hunter22\n"
        "f(token=hf_token)\n"
        "login --password hunter22\n"
        "tokenizer=AutoTokenizer.from_pretrained('x')\n"
        "git clone https://u:ghs_abcdef@github.com/x\n"
    )
    assert [line for _, line in of_script(script, 10)] == [10, 13, 15]
