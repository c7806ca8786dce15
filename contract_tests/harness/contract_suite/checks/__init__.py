"""Checks of the documented rules against the contract, the SDK and a server."""
