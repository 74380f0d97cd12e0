from kedro.pipeline import Pipeline, node, pipeline

from .nodes import check, fit


def create_pipeline(**kwargs) -> Pipeline:
    return pipeline([node(check, "transactions", "checked"), node(fit, "checked", "model")])
