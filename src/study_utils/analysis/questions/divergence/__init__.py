"""How far intermediate tasks are from targets, and whether gains follow. No torch.

Start reading at `table.divergence_table` (one row a condition, target and language) and `explain.explain_gains`.
"""
