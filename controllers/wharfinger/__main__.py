"""``python -m wharfinger``: the command line."""

from wharfinger.cli.main import main

if __name__ == "__main__":
    main()
