"""Writing of notices: telling people, reading and archiving, preferences and bots, sending."""
