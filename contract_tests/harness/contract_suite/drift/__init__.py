"""Drift: differences between a server and the contract, and the overlay that proposes them as changes."""
