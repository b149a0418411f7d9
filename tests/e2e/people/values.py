"""Values as people and machines make them; each holds MARK, which nothing else in the world does."""

import random
import string

MARK = "zqxj"
_ODD = ("'", "''", '"', "\\", "--", "/*", "$$", "%s", "%", ";", "ñ", "😀", "\n", "?", "$1", "{}", ":")


def values(number: int, seed: int) -> list[str]:
    """`number` names, e-mail addresses and tokens, no two alike."""
    chance = random.Random(seed)
    makers = (_name, _email, _token, _odd)
    return [makers[place % len(makers)](chance) for place in range(number)]


def _letters(chance: random.Random, number: int, of: str = string.ascii_lowercase) -> str:
    return "".join(chance.choices(of, k=number))


def _name(chance: random.Random) -> str:
    return f"{_letters(chance, 5).title()} {_letters(chance, 1).upper()}'{MARK}{_letters(chance, 8)}"


def _email(chance: random.Random) -> str:
    return f"{_letters(chance, 6)}.{MARK}{_letters(chance, 6)}@{_letters(chance, 5)}.example"


def _token(chance: random.Random) -> str:
    return f"{_letters(chance, 8, string.hexdigits)}{MARK}{_letters(chance, 24, string.hexdigits)}"


def _odd(chance: random.Random) -> str:
    """With what SQL, URLs and templates take for something else."""
    return f"{chance.choice(_ODD)}{MARK}{_letters(chance, 4)}{chance.choice(_ODD)}{MARK}{chance.choice(_ODD)}"
