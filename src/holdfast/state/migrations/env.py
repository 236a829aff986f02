"""Where Alembic begins."""

from holdfast.state.migration import run

if __name__ == "env_py":  # so Alembic calls it; anybody else only looks
    run()
