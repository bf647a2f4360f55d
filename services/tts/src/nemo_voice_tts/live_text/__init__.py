"""Text in pieces, as a language model writes it: spoken clause by clause, whatever the protocol."""
