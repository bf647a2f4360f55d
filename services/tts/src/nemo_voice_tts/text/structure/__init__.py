"""What a text is made of: the blocks of plain text, Markdown, HTML and SSML."""
