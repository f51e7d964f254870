"""The STRIDE threat model."""
