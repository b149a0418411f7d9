"""A service whose endpoints do known things; each tool is installed in it in turn, as its manual says."""
