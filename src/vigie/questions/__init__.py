"""The questions: the runner of rules, and the engines that answer over the whole graph."""
