"""Tests of the OpenAPI contract, its tools and the generated client."""
