"""Records to figures, tables and pages. Measures nothing, imports no torch."""
