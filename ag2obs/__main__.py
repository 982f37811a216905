"""``python -m ag2obs`` is the command line."""

from ag2obs.cli import main

if __name__ == "__main__":
    main()
