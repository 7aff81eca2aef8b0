"""The journal: spool, store, event log and the encryption of what they keep."""
