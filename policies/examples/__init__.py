"""Policies to start from. A test loads every one of them."""
