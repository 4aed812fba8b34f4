"""The page as a server: its limits, its safety, where it is hosted."""
