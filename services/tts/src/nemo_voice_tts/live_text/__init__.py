"""Text in pieces, as a language model writes it: spoken clause by clause, on any protocol."""
