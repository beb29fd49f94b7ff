"""How fast a generated service answers, beside other servers of the same models, in one run."""
