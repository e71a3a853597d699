"""Page doors of the customer base, by screen."""
