"""Page doors of notices: inbox, preferences, bots, the link that turns a kind off."""
