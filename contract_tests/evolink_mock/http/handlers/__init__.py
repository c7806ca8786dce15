"""Handlers of the documented operations: creating and reading tasks, credits, and file uploads."""
