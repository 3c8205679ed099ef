"""Charts of analyses, in the house style of the maps; each function takes ``ax=None`` and returns the axes."""
