"""Page doors of the insights domain, by screen."""
