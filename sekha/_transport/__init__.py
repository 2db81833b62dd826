"""HTTP transports: aiohttp, urllib3 and the httpcore backend, with time limits, TLS and proxies."""
