"""Result videos and the inspection of input media."""
