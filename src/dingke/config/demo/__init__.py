"""The demonstration company: invented records, and the builder that feeds them to the actions."""
