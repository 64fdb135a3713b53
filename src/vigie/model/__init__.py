"""The nouns of vigie: evidence, kinds, edges, signals, findings, causes, rules, systems, errors."""
