"""What the numbers in the README come from: `scripts/benchmark`.

Every subject measures the integration beside a floor that was measured in the same run:
the same calls without any of our code, or the previous system's calls.
"""
