"""Pull: a copy of an approved version, of which every byte was verified, or none at all.

The bytes come from the mirror, or from what was pulled before on this machine; neither is
believed. `deliver` brings them, `Verification` is what is asked of them.
"""
