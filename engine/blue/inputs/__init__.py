"""Defences that change an image before it is classified."""
