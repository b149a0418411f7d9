"""What Tachograph and its peers cost: measured in one run, on the same work, beside the goals.

`make bench` runs it; `python -m bench --help` tells how.
"""
