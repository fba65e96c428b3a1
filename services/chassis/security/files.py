"""Secrets in files, as container platforms mount them: `NAME_FILE` names the file that holds what `NAME` would."""

from collections.abc import Iterable, Mapping


class Secret:
    """Marks a variable whose value may come from the file that `<variable>_FILE` names."""


def with_files(environ: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """Give the variables, those of `secrets` also out of their files. Raises `ValueError`, which names the variable."""
    found = dict(environ)
    for name in secrets:
        path = found.pop(f"{name}_FILE", None)
        if path is None:
            continue
        if name in found:
            raise ValueError(f"{name} and {name}_FILE are both set; one of them must go")
        found[name] = _content(f"{name}_FILE", path)
    return found


def _content(variable: str, path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read().strip("\r\n")
    except OSError as error:
        raise ValueError(f"{variable} names {path}, which cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{variable} names {path}, which is no text in UTF-8") from None
    if not text:
        raise ValueError(f"{variable} names {path}, which is empty")
    return text
