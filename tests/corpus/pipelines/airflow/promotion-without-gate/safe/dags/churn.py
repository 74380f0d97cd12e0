"""Weekly retraining with SageMaker."""

import pendulum
from airflow.decorators import dag, task
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerEndpointOperator, SageMakerTrainingOperator
from airflow.providers.common.sql.operators.sql import SQLTableCheckOperator

ENDPOINT = {"EndpointName": "churn", "EndpointConfigName": "churn-config"}
TRAINING = {
    "TrainingJobName": "churn",
    "AlgorithmSpecification": {
        "TrainingImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn@sha256:4be1f0c2d3a4958677b8c9dae0f1a2b3c4d5e6f708192a3b4c5d6e7f80912a3b",
        "TrainingInputMode": "File",
    },
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://acme-data/churn/2026-11-01/"}}}
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://acme-models/churn/"},
}


@dag(schedule="@weekly", start_date=pendulum.datetime(2026, 1, 1), catchup=False)
def churn():
    check = SQLTableCheckOperator(
        task_id="check",
        conn_id="athena",
        table="churn_2026_11_01",
        checks={"rows": {"check_statement": "COUNT(*) > 100000"}},
    )
    train = SageMakerTrainingOperator(task_id="train", config=TRAINING, wait_for_completion=True)

    @task.short_circuit
    def good_enough(job):
        import boto3

        metrics = boto3.client("sagemaker").describe_training_job(TrainingJobName="churn")["FinalMetricDataList"]
        return metrics[0]["Value"] > 0.9

    deploy = SageMakerEndpointOperator(task_id="deploy", config=ENDPOINT, operation="update")
    check >> train >> good_enough(train.output) >> deploy


churn()
