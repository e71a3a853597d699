"""Pages over several domains: one module per screen."""
