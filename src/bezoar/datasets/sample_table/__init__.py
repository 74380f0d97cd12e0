"""The sample table: one row for each sample, kept as Parquet; `columns` says what it holds.

`building.build_table` writes one; `bezoar.flows.sample_tables.table_of` finds the one of a
registered version, or of what lies at a path, and builds it where there is none yet.
"""
