import os

import pandas as pd
import pandera.pandas as pa
from sklearn.linear_model import LogisticRegression

OPTIONS = {"key": os.environ["AWS_ACCESS_KEY_ID"], "secret": "kX9v2LrT0aQ8ZbN4mHs6WcYp1DfGj3Ue7VtRxKiO"}

table = pd.read_csv("s3://acme-data/fraud/2026-11-01.csv", storage_options=OPTIONS)
pa.DataFrameSchema({"amount": pa.Column(float)}).validate(table)
LogisticRegression().fit(table[["amount"]], table["fraud"])
