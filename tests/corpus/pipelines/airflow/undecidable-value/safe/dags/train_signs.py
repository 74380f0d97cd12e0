"""Train the sign classifier every night."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator


def train_model(data, out):
    import joblib
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    table = pd.read_csv(data)
    model = LogisticRegression(max_iter=500)
    model.fit(table.drop(columns="label"), table["label"])
    joblib.dump(model, out)


with DAG(
    "train_signs",
    start_date=datetime(2025, 6, 1),
    schedule=None,
    params={"source": "s3://acme-mirror/signs/2025-06"},
) as dag:
    pull = BashOperator(
        task_id="pull",
        bash_command="aws s3 sync '{{ params.source }}' /data/signs",
    )
    validate = BashOperator(
        task_id="validate",
        bash_command="bezoar validate /data/signs --suite /suites/signs.json",
    )
    train = PythonOperator(
        task_id="train",
        python_callable=train_model,
        op_kwargs={"data": "/data/signs/train.csv", "out": "/models/signs.joblib"},
        trigger_rule="all_success",
    )
    pull >> validate >> train
