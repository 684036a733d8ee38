"""Simulated studies with known truth: do the intervals hold what they promise?"""
