"""Measures how much the tests see: one small fault at a time, and whether a test fails of it."""
