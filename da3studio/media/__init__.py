"""Photos and videos of any kind → upright sRGB pixels and what their files say."""
