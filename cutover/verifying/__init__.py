"""What an auditor verifies with Python's standard library alone: these files go into every bundle's `verify.py`."""
