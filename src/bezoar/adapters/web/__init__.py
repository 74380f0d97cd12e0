"""The web: the one way in which bezoar asks strangers for metadata, and takes their bytes."""
