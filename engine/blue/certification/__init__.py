"""Certificates: what no attack can break, proved."""
