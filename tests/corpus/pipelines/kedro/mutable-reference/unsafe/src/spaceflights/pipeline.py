from kedro.pipeline import Pipeline, node, pipeline

from .nodes import check_shuttles, train


def create_pipeline(**kwargs) -> Pipeline:
    return pipeline(
        [
            node(func=check_shuttles, inputs="shuttles", outputs="checked_shuttles", name="check"),
            node(func=train, inputs="checked_shuttles", outputs="regressor", name="train"),
        ]
    )
