"""Measures the program: on real photos, on the sample with its known truth, and its speed."""
