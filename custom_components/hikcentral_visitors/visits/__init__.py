"""The domain: visitors, their visits, what they justify, and where they are.

Values and pure functions of values and a `now`; nothing here does I/O, reads a
clock or knows Home Assistant.
"""
