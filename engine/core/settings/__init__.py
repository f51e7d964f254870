"""The sections of a profile, one class each: its keys, their types and ranges."""
