"""The version of the distribution, said here and nowhere else."""

__version__ = "0.1.0"
