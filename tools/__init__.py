"""Scripts for those who work on Holdfast. None of them is part of the package."""
