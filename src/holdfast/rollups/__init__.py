"""Tables derived from facts, kept current as data arrive."""
