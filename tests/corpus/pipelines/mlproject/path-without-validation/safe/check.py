"""Check the table before it is trained on."""

import argparse

import pandas as pd
import pandera.pandas as pa

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
options = parser.parse_args()
schema = pa.DataFrameSchema({"fee": pa.Column(float, pa.Check.gt(0)), "churned": pa.Column(int, pa.Check.isin([0, 1]))})
schema.validate(pd.read_csv(options.data), lazy=True)
