"""The OpenAPI gateway: HTTP in front, the world behind."""
