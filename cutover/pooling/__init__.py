"""What the tenants of one model show together, and what each may take from it."""
