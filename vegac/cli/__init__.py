"""The command line."""


def main() -> None:
    """Run the command that `sys.argv` asks for, and exit with its status.

    0: fine, 1: findings or a failed run, 2: wrong usage or a file that cannot be read or written,
    3: a fault of the compiler itself, 130: interrupted.
    """
    from vegac.cli.entry import main as enter

    enter()
