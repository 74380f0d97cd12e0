"""The pipeline of the signs."""

from kedro.pipeline import Pipeline, node, pipeline

from .nodes import train, validate


def create_pipeline(**kwargs) -> Pipeline:
    return pipeline(
        [
            node(validate, inputs="signs", outputs="checked_signs", name="validate"),
            node(train, inputs="checked_signs", outputs="classifier", name="train"),
        ]
    )
