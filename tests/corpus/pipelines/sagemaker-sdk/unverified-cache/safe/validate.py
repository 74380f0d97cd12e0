"""Validate what was ingested; fails the step where it is not what is expected."""

import pandas as pd
import pandera.pandas as pa

schema = pa.DataFrameSchema({"fee": pa.Column(float), "churned": pa.Column(int, pa.Check.isin([0, 1]))})
schema.validate(pd.read_csv("/opt/ml/processing/input/churn.csv"))
