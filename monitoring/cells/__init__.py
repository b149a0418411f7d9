"""Figures shared by all processes of a project: float64 cells in files of shared memory.

Each process owns one slot (a file) and writes its cells in place; whoever is scraped sums all slots.
A slot outlives its process and is taken over by the next, so that counters never fall and the number
of files is that of the processes that once ran together.
"""
