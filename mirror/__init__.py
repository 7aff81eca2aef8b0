"""What happened: the data plane that answers clients, the copies it sends, and the journal that keeps both."""
