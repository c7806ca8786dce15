"""Differences between a server and the contract, proposed as an overlay."""
