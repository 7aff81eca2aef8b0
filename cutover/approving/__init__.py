"""What people decide: proposals, approvals, rejections, and the pairs that clinicians sign."""
