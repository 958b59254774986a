"""Tests of the client of the gateway."""
