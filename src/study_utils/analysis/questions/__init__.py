"""One module or room a question that studies ask beyond families."""
