"""The project: where a team's own things lie, and how it configures bezoar."""

from bezoar.project.project import Project, find_project

__all__ = ["Project", "find_project"]
