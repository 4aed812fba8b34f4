"""Everything that requirements.txt brings, with hashes, for Python 3.12 on Linux."""
