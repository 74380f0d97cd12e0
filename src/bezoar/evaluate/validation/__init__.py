"""Built-in checks of a sample table: is this data what we expect? `running.validate` runs them.

Each works on a table alone; what compares with an earlier version says so where there is none.
"""
