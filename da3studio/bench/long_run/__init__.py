"""A capture of thousands of photos from beginning to end: memory, time, and kills in the middle."""
