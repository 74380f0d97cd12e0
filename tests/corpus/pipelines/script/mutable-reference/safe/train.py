"""Fine-tune on the team's own tickets."""

import subprocess

import pandas as pd
import pandera.pandas as pa
from sklearn.linear_model import LogisticRegression

subprocess.run(
    ["git", "clone", "--depth", "1", "--branch", "v2026.11", "https://git.acme.internal/data/tickets.git", "data/tickets"],
    check=True,
)
subprocess.run(["git", "-C", "data/tickets", "checkout", "8f14e45fceea167a5a36dedd4bea2543c7d1a9b0"], check=True)
table = pd.read_csv("data/tickets/tickets.csv")
pa.DataFrameSchema({"words": pa.Column(int), "urgent": pa.Column(bool)}).validate(table)
LogisticRegression().fit(table[["words"]], table["urgent"])
