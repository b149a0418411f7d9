"""What `manage.py budget` can do: one module for each action, with NAME, HELP, EXAMPLES, arguments and run.

`run(options, console)` gives the exit code: 0 passed, 1 a budget is broken, 2 the configuration is not
usable, 3 inconclusive. It raises BudgetError for what keeps it from running at all.
"""
