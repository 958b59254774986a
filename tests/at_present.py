"""Reading what changes by itself."""


def at_present[T](value: T) -> T:
    """Return what was read just now, and may be something else in a moment.

    A type checker takes what an assertion said of an attribute for lasting.
    """
    return value
