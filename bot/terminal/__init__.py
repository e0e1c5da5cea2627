"""How Souk looks in a terminal."""
