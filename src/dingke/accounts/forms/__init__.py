"""Shapes of input of the customer base, by screen."""
