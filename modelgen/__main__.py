"""`python -m modelgen`."""

from modelgen.cli.main import main

if __name__ == "__main__":
    main()
