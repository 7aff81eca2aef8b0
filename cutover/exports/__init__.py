"""What leaves for auditors: exports of a log with all that proves them, and their stand-alone verifier."""
