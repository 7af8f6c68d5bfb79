"""From a project to its results: stages, their keys, the plan and its run."""
