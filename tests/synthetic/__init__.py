"""Exact scenes for every test: analytic shapes, camera rigs, ready-made captures.

    from tests.synthetic.shapes import Sphere, Plane, Box, Union   # what there is to see
    from tests.synthetic.rigs import orbit, grid, look_at          # where it is seen from
    from tests.synthetic.captures import still_life, Capture       # both, with depth_of and rgb_of

See the top of each module for its API.
"""
