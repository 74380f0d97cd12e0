import os

import pandas as pd
import pandera.pandas as pa
from sklearn.linear_model import LogisticRegression

OPTIONS = {"key": os.environ["AWS_ACCESS_KEY_ID"], "secret": os.environ["AWS_SECRET_ACCESS_KEY"]}

table = pd.read_csv("s3://acme-data/fraud/2026-11-01.csv", storage_options=OPTIONS)
pa.DataFrameSchema({"amount": pa.Column(float)}).validate(table)
LogisticRegression().fit(table[["amount"]], table["fraud"])
