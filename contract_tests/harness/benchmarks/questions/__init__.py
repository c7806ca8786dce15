"""One module for each benchmark; its function `rows` measures and yields the rows of the table."""
