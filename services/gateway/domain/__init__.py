"""What can be asked of the stock of numbers. Pure: values in, values out.

`pattern` is the language for parts of numbers, `grade` says how golden one is.
"""

from services.gateway.domain.grade import Earned, Grade, grade
from services.gateway.domain.pattern import Pattern, WrongPattern, grams_of, parse_pattern

__all__ = ["Earned", "Grade", "Pattern", "WrongPattern", "grade", "grams_of", "parse_pattern"]
