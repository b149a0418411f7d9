"""What the store knows, as the console shows it and the system API tells it: dataclasses, all computed here.

windows.window("24h")           the time that a report is about
operations, queries, caches,    one module for each subject; the shapes of what
budgets, attention, recorder    they return stand in `shapes`
"""
