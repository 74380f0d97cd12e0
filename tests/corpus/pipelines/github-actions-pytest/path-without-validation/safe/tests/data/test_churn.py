"""What the churn table has to look like."""

import pandas as pd
import pandera.pandas as pa
import pytest

SCHEMA = pa.DataFrameSchema({"fee": pa.Column(float, pa.Check.ge(0)), "churned": pa.Column(int)})


@pytest.fixture
def table():
    return pd.read_csv("data/churn.csv")


def test_schema(table):
    SCHEMA.validate(table)


def test_size(table):
    assert len(table) > 10_000
