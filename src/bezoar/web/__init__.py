"""The local page: bound to this machine alone, guarded as if everybody could reach it."""
