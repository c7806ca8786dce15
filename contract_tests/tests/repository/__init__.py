"""Tests of the repository itself: documents, workflows, layout."""
