"""The proxy: a mitmproxy front that terminates clients and a relay that decides who answers."""
