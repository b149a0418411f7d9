"""What the servers say of themselves when somebody looks: the database's report and the caches'.

Read afresh each time, on connections of their own, by a constant number of queries. A server that is down
gives a report that says so.
"""
