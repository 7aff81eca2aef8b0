"""What people are told of, in what words, and that it reaches them once."""
