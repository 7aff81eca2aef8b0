"""What names a patient in free text, found by fixed rules: defence in depth, no claim of de-identification."""
