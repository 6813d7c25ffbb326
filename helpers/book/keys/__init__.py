"""Right answers, wrong turns and hints of the exercises, one module a chapter."""
