"""The dialects of the APIs that are spoken: bytes in, canonical pieces out."""
