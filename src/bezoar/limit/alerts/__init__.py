"""Alerts reach people and machines: notices, an outbox that loses none, and where they go.

`notice` is what is said, `slack`, `pagerduty`, `cloudevents` and `plain` how each service wants to
hear it, `outbox` keeps it until it was heard, `delivery` sends it, `sinks` knows where.
"""
