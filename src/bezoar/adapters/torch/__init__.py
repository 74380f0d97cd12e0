"""PyTorch: a small network, trained here on the data that is inspected.

No downloaded weights have to be trusted. It runs on the CPU.
"""
