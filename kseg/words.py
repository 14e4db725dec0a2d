"""Words that every room needs when it tells something to a person."""


def counted(number: int, one: str, several: str | None = None) -> str:
    """Return a number with what is counted, in the singular or the plural.

    Args:
        number: int, how many there are.
        one: str, the words for a single one.
        several: str, the words for none or several; `one` with an `s` if not given.

    Returns:
        str.

    Example:
        >>> counted(1, "scan"), counted(1200, "scan")
        ('1 scan', '1,200 scans')
        >>> counted(2, "case trains", "cases train")
        '2 cases train'
    """
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
