"""Programs that benchmarks start in separate processes."""
