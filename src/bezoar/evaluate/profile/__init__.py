"""What is in a data set, and what changed: pure functions over a sample table.

`profiling.profile_table` describes one table, `changes.compare` tells two apart; nothing here
reads a file or judges.
"""
