"""Widgets: they build, bind and show."""
