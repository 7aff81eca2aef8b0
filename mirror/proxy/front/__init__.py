"""The front: mitmproxy takes the clients' connections and hands every request to the relay."""
