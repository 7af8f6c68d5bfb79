"""What is asked for: frozen values from which flags, forms and keys are made."""
