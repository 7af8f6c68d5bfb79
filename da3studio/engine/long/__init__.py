"""Captures too long for one forward pass: windows, joined and brought into one world."""
