"""The outside world, one file per library. Only here may a heavy library be imported."""
