"""The ground floor: where the warehouse lies, how it is opened, and what is kept in it and beside it. Imports no other room."""
