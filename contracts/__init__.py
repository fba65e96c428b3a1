"""What the services say to each other: frozen Pydantic models that import nothing else of ours."""
