"""What a person cut away: edits that only ever remove points, and the list they form."""
