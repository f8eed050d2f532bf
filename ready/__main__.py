"""`python -m ready` is the `ready` command."""

from ready.cli import main

if __name__ == "__main__":
    main()
