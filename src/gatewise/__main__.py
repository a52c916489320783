"""`python -m gatewise` is `gatewise`."""

from gatewise._cli import main

if __name__ == "__main__":
    main()
