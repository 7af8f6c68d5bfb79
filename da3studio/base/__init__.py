"""What every layer leans on; the standard library only."""
