from airflow import DAG
from airflow.providers.docker.operators.docker import DockerOperator
from pendulum import datetime

with DAG("fraud", start_date=datetime(2026, 1, 1), schedule="@daily"):
    check = DockerOperator(task_id="check", image="registry.acme.internal/bezoar@sha256:7c1e5b9a30d2f4861e7a9c0b5d3f2e1a4b6c8d0e2f4a6b8c0d1e3f5a7b9c1d3e", command="bezoar validate /data/fraud --suite suites/fraud.json")
    train = DockerOperator(task_id="train", image="registry.acme.internal/fraud:stable", command="python train.py --data /data/fraud --out /models/fraud")
    check >> train
