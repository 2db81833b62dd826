"""Each documented call as the real controller answered it; `make record` records it anew."""
