"""How alike: canonical answers, comparators and the ledger of comparisons."""
