"""A load for measuring: as many leads as one likes, skewed as in life, written in bulk.

Unlike the demo, whose history is told through the verbs, these rows are made at once; a
test holds them against the verbs. `cast` says who and what is known by construction.
"""
