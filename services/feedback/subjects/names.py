"""What is asked about goes by a name; how a long one is shortened, in SQL."""


def shortened(name: str) -> str:
    """The SQL expression `name`, as what is asked about is kept under it.

    What is too long for an index, and for a cursor, keeps its beginning: many jobs begin alike, so with its hash.
    """
    return f"""case when char_length({name}) <= 90 then {name}
    else left({name}, 57) || '~' || left(encode(sha256(convert_to({name}, 'UTF8')), 'hex'), 32) end"""
