"""`bezoar monitor emit`: files for the tools that watch the monitor."""

from enum import StrEnum
from typing import Annotated

import typer

from bezoar.cli.output import OutputOption, write_result


class Tool(StrEnum):
    """What reads the file."""

    PROMETHEUS = "prometheus"
    GRAFANA = "grafana"


def register(group: typer.Typer) -> None:
    """Add `emit` to the group of `monitor`."""
    group.command("emit")(emit)


def emit(
    tool: Annotated[Tool, typer.Option("--for", help="Which tool reads it.")],
    output: OutputOption = None,
) -> None:
    """Write alerting rules for Prometheus, or a dashboard for Grafana."""
    from bezoar.limit.dashboards import grafana_dashboard, prometheus_rules  # noqa: PLC0415 - lazy

    made = prometheus_rules() if tool is Tool.PROMETHEUS else grafana_dashboard()
    write_result(made, output)
