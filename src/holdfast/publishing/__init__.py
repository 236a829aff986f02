"""Reports frozen as they were shown, and where today's figures differ from them."""
