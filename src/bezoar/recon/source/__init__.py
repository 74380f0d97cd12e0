"""What an attacker sees: the public metadata of a source, one file per host, and a grade."""
