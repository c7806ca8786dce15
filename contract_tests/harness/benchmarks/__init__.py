"""Benchmarks of the mock, the SDK and the suite beside their peers."""
