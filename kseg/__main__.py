"""Run the program with `python -m kseg`."""

from kseg.cli.main import main

if __name__ == "__main__":
    main()
