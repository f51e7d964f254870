"""Poisons, one a file."""
