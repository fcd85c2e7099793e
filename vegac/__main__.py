"""`python -m vegac`."""

from vegac.cli import main

main()
