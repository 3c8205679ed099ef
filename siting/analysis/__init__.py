"""Analyses that let a person defend a choice: each a function with a result that shows, draws and writes itself.

Every analysis takes what `siting.solve` takes, holds the scales of the criteria fixed, and re-optimises exactly.
"""
