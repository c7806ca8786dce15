"""The stages of a run and the comparisons with rules: plan, send, judge, with one module for each kind of rule."""
