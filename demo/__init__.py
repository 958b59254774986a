"""The whole product on one machine: simulator, Home Assistant, phone, and a story.

`python -m demo` is for people to look at and play with, `python -m demo --once` plays
one visit from the grant to the revocation and says whether all of it worked.
"""
