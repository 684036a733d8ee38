"""What a study can detect: variance components of a finished one, and the smallest gain that another would find."""
