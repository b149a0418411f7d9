"""The gate: runs the scenarios, holds what they cost to the budgets, and tells."""
