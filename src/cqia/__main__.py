"""``python -m cqia`` is the ``cqia`` command."""

from cqia.cli import main

if __name__ == "__main__":
    main()
