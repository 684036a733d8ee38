"""The notebooks: executed strictly, and paired with their scripts."""
