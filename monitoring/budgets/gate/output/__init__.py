"""How a report is told: a table for people, JSON, JUnit and Markdown for machines and pull requests."""
