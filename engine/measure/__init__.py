"""Measurements on models."""
