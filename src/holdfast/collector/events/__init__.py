"""Events of the product: each is decided once, and loaded into the lake once."""
