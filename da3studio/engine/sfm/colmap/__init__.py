"""What runs in the COLMAP process, and nothing else does: all that loads pycolmap.

No module here may lead to one that loads torch, Open3D or OpenCV; see docs/decisions/020.
"""
