"""Results tables: their columns, what makes them valid, cells paired with the baseline, gains, what was learnt."""
