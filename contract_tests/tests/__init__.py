"""Tests of the project, in folders that mirror what they test."""
