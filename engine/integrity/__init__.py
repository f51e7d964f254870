"""Digests of what a build publishes, so that a reader can tell whether a file is the one that was built."""
