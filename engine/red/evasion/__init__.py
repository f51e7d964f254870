"""Evasion attacks, one a file."""
