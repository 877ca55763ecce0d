"""First names that stand for others, the same on every engine."""

from __future__ import annotations

FIRST_NAMES = (
    *("Ada", "Alan", "Anita", "Barbara", "Blaise", "Claude", "Dennis", "Donald"),
    *("Edgar", "Edsger", "Emmy", "Frances", "Grace", "Hedy", "Ivan", "Jean"),
    *("John", "Karen", "Kurt", "Leslie", "Lynn", "Margaret", "Mary", "Niklaus"),
    *("Olga", "Peter", "Radia", "Robin", "Sophie", "Tony", "Tim", "Vera"),
)

LONGEST = max(map(len, FIRST_NAMES))

__all__ = ["FIRST_NAMES", "LONGEST"]
