"""What finished runs left in the store, as frames."""
