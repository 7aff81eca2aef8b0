"""Reports that people ask for, each made of the events of the store alone."""
