"""Layout, edge bundling, levels of detail, pictures and interchange of graphs, on arrays alone."""
