"""Tests of what carries the visits out on HikCentral."""
