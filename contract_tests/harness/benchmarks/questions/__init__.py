"""One module for each benchmark question; each has a function `rows`."""
