"""Container images on disk, looked into: layer by layer, nothing unpacked, nothing run."""
