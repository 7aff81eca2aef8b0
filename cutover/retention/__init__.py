"""What is kept for how long: purging by the clock, erasing when asked, and holds that keep both away."""
