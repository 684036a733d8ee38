"""Mixed models: restricted maximum likelihood, families with covariates, shares of variance."""
