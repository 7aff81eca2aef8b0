"""What the Audit page draws: the log, bundles that are verified, and exports."""
