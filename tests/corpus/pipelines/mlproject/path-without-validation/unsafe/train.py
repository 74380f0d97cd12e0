import argparse

import mlflow
import pandas as pd
from xgboost import XGBClassifier

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--depth", type=float, default=6)
options = parser.parse_args()
table = pd.read_csv(options.data)
with mlflow.start_run():
    model = XGBClassifier(max_depth=int(options.depth))
    model.fit(table.drop(columns="churned"), table["churned"])
    mlflow.xgboost.log_model(model, name="model")
