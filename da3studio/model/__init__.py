"""The Depth Anything 3 network: photos in, depth, rays and cameras out.

Where to look: `backbone.py` for how views meet, `camera_heads.py` and `ray_pose.py` for how cameras
come out, `metric.py` for where metres come from, `network.py` for the whole.
"""
