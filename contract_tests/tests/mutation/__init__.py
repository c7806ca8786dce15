"""Tests of the mutants and of their judge."""
