"""Reading printed pages from pixels: rules, cells, lines of text, characters. Loaded only for pages without text."""
