"""Finding every line that brings data, or a model trained elsewhere, into a project."""
