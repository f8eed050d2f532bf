"""Which PostgreSQL to talk to, and the embedded one."""
