"""The engine behind build.py and the demo."""
