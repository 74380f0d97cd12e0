"""libcst: calls of a Python file get other arguments, and nothing else of it changes.

Comments, blanks and line ends stay. A file is read, never run.
"""
