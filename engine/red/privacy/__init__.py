"""Attacks on what a model should keep to itself, one a file."""
