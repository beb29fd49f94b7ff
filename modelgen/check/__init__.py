"""What a change of the contract breaks: two editions in, one finding per change out, with a verdict for each surface.

change.py      Change and its verdicts
rule.py        a rule: a function from a pair to changes, whose docstring is its page
renames.py     which old name means which new one
pairs.py       an element before and after
join.py        makes them: an outer join of two editions; no rule walks by itself
difference.py  in what way two types differ
rules/         the rules, by the part of the contract that they look at
judge.py       runs them, and weighs what they found by the settings
"""
