"""What people see: text on a terminal, HTML, and files that are replaced as a whole."""
