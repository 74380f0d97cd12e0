"""Releases: which model, made of which data, judged how; and which of them answers.

    registry = Registry(project.state / "models")
    registry.pointer("signs").champion          # the version that replicas serve

A release is a record that never changes, the bytes of the model under their digests, and a signed
statement of what the gate said. One small file for each model points at the version in
production; replacing it is the only thing that changes what is served.
"""
