"""Compares two bundled contracts and rates every change for existing clients.

`operations` walks both contracts and rates what it finds, `schemas` compares JSON schemas, and `keywords` knows what a
change of each single keyword means.
"""
