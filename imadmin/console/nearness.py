"""Addresses as short as the page lets them be."""


def near(here: str, there: str) -> str:
    """A path as it is called on the page of another."""
    apart = next(
        (at for at, (one, other) in enumerate(zip(here, there, strict=False)) if one != other),
        min(len(here), len(there)),
    )
    shared = here.rfind("/", 0, apart) + 1
    return "../" * here.count("/", shared) + there[shared:] or "./"
