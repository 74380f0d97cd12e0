import argparse

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--out", required=True)
options = parser.parse_args()
table = pd.read_csv(options.data)
joblib.dump(LogisticRegression().fit(table[["fee"]], table["churned"]), options.out)
