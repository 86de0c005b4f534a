"""The book made of docs/: its pages gathered, reference pages written from the code, both languages built offline."""
