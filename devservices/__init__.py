"""Private servers for a developer's machine: each with its own folder, port and pid.

`make run`, the tests and the benchmarks start PostgreSQL, Redis, Prometheus, Alertmanager and pgBouncer
through here, so that they never touch a server that belongs to somebody else.
"""
