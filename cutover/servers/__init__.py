"""How the candidates' servers and their GPUs are, as they tell it themselves. Start reading at `facts`."""
