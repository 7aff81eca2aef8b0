"""What the control API tells beside rollouts: one file a question, its shapes and the rows made of them. Pure."""
