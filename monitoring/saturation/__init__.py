"""What the service stands on: its connections to the database, the database, the cache, the queues.

What a process knows of itself it writes to the cells (connections); what the servers know is read from
them at the scrape (collector), at most every 5 s, and never for longer than a scrape may take.
"""
