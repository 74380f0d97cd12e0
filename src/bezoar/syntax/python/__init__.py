"""Python as text: scopes, names and constants of a module, told without running it."""
