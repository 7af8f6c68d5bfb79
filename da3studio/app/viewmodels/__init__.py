"""What the window shows and edits, without widgets."""
