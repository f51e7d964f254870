"""Repairs of a poisoned network, one a file."""
