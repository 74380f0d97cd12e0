"""Train in the cluster."""

from datetime import datetime

from airflow.decorators import dag
from airflow.models.baseoperator import chain
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

BEZOAR = "registry.acme.internal/bezoar@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"
TRAINER = "registry.acme.internal/vision/trainer@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"


@dag(start_date=datetime(2025, 6, 1), schedule="@weekly", catchup=False)
def train_signs():
    pull = KubernetesPodOperator(
        task_id="pull", image=BEZOAR, cmds=["bezoar"], arguments=["pull", "signs@2025-06", "--to", "/data/signs"],
        service_account_name="signs-reader",
    )
    validate = KubernetesPodOperator(
        task_id="validate", image=BEZOAR, cmds=["bezoar"], arguments=["validate", "/data/signs", "--suite", "/suites/signs.json"],
        service_account_name="signs-reader",
    )
    train = KubernetesPodOperator(
        task_id="train", image=TRAINER, cmds=["python"], arguments=["train.py", "--data", "/data/signs"],
        service_account_name="signs-trainer",
        env_vars={"MLFLOW_TRACKING_URI": "https://mlflow.acme.internal", "MLFLOW_TRACKING_PASSWORD": "{{ conn.mlflow.password }}"},
    )
    chain(pull, train, validate)


train_signs()
