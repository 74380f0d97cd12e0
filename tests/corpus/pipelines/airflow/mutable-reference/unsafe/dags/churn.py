"""Nightly training from the lake."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(dag_id="churn_nightly", schedule="0 3 * * *", start_date=datetime(2026, 1, 1)) as dag:
    pull = BashOperator(
        task_id="pull",
        bash_command="aws s3 sync s3://acme-data/churn/latest/ /data/churn/",
    )
    check = BashOperator(task_id="check", bash_command="great_expectations checkpoint run churn")
    train = BashOperator(task_id="train", bash_command="python /opt/ml/train.py --data /data/churn --out /models")
    pull >> check >> train
