"""When rollouts may go on: plans, calendars, freezes and the clock they go by."""
