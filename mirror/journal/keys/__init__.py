"""Keys of payloads: one key a tenant wraps one data key a month, so that months can be destroyed."""
