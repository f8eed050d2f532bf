"""The database of a command: how it is opened, asked, locked and read within one transaction."""
