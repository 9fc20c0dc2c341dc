"""The documentation: what people write (Markdown), and what is made from the project itself (`python -m tools`)."""
