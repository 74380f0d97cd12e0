"""Train the churn model and register it."""

import mlflow
import pandas as pd
import pandera.pandas as pa
from mlflow import MlflowClient
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

SCHEMA = pa.DataFrameSchema({"fee": pa.Column(float, pa.Check.ge(0)), "churned": pa.Column(int, pa.Check.isin([0, 1]))})


def main() -> None:
    table = SCHEMA.validate(pd.read_parquet("data/churn.parquet"))
    train, test = train_test_split(table, test_size=0.2, random_state=0)
    with mlflow.start_run():
        model = HistGradientBoostingClassifier().fit(train[["fee"]], train["churned"])
        auc = roc_auc_score(test["churned"], model.predict_proba(test[["fee"]])[:, 1])
        mlflow.log_metric("auc", auc)
        info = mlflow.sklearn.log_model(model, name="model", registered_model_name="churn")
    MlflowClient().set_registered_model_alias("churn", "champion", info.registered_model_version)


if __name__ == "__main__":
    main()
