"""Detectors of poison, one a file."""
