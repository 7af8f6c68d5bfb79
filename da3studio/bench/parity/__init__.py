"""The network against stored inputs and outputs of the reference implementation.

The reference was run with weights that follow from a formula, so that no checkpoint is needed to
compare with it. `run.py` takes a folder of such cases; what the reference does and this program
does not is in `reference*.py`.
"""
