"""Nightly churn training."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

LANDING = "/data/churn/{{ ds }}/customers.parquet"


def _append_late_rows(path, late):
    import pandas as pd

    rows = pd.concat([pd.read_parquet(path), pd.read_parquet(late)])
    rows.to_parquet(path)


with DAG("churn", start_date=datetime(2026, 1, 1), schedule="@daily", catchup=False) as dag:
    sync = BashOperator(task_id="sync", bash_command="aws s3 cp s3://acme-data/churn/{{ ds }}/customers.parquet " + LANDING)
    late = PythonOperator(
        task_id="append_late_rows",
        python_callable=_append_late_rows,
        op_kwargs={"path": LANDING, "late": "/data/churn/{{ ds }}/late.parquet"},
    )
    check = BashOperator(task_id="check", bash_command="bezoar validate " + LANDING + " --suite suites/churn.json")
    train = BashOperator(task_id="train", bash_command="python /opt/ml/train.py --data " + LANDING + " --out /models/churn.bst")

    sync >> late >> check >> train
