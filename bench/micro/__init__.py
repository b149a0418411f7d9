"""Below what a race can tell apart: nanoseconds a request, a query and a cache get, and a scrape's own cost.

Each module is a process of its own (`python -m bench.micro.recording`) that prints one JSON object.
"""
