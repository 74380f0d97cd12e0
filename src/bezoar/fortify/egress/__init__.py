"""Egress: what a training job may reach. It is the mirror, and nothing else.

`endpoints` says which hosts and ports that is, read from the settings. `emit` writes it down for
whatever enforces it, and `probe` asks the network whether it does.
"""
