"""The Hugging Face Space: its folder, made from a commit, and a check that the folder runs."""
