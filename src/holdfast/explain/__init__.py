"""Numbers questioned: what one is made of, why another policy gives another, and what changed since."""
