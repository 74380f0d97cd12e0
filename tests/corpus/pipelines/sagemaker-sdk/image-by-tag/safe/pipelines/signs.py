"""The sign classifier as a SageMaker pipeline."""

from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.workflow.functions import JsonGet
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.step_collections import RegisterModel
from sagemaker.workflow.steps import ProcessingStep, TrainingStep

ROLE = "arn:aws:iam::111122223333:role/signs-trainer"
DATA = "s3://acme-mirror/signs/2025-06/3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"
REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
TRAINER = f"{REGISTRY}/trainer@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e"

processor = ScriptProcessor(
    image_uri=f"{REGISTRY}/bezoar@sha256:3f1c9a7be05d4c2f8a6e1b0d9c8f7e6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e", role=ROLE, command=["python3"], instance_count=1, instance_type="ml.m5.large"
)
validate = ProcessingStep(
    name="Validate",
    processor=processor,
    inputs=[ProcessingInput(source=DATA, destination="/opt/ml/processing/input/signs")],
    code="validate.py",
)
estimator = Estimator(
    image_uri=TRAINER, role=ROLE, instance_count=1, instance_type="ml.g5.xlarge", output_path="s3://acme-models/signs"
)
train = TrainingStep(
    name="Train",
    estimator=estimator,
    inputs={"train": TrainingInput(s3_data=DATA)},
    depends_on=[validate],
)
report = PropertyFile(name="report", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    name="Evaluate",
    processor=processor,
    inputs=[ProcessingInput(source=train.properties.ModelArtifacts.S3ModelArtifacts, destination="/opt/ml/processing/model")],
    outputs=[ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")],
    code="evaluate.py",
    property_files=[report],
)
register = RegisterModel(
    name="Register",
    estimator=estimator,
    model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
    content_types=["image/png"],
    response_types=["application/json"],
    model_package_group_name="signs",
    approval_status="PendingManualApproval",
)
good_enough = ConditionStep(
    name="GoodEnough",
    conditions=[ConditionGreaterThanOrEqualTo(left=JsonGet(step_name=evaluate.name, property_file=report, json_path="accuracy"), right=0.95)],
    if_steps=[register],
    else_steps=[],
)
pipeline = Pipeline(name="signs", steps=[validate, train, evaluate, good_enough])
