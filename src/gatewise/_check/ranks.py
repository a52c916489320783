"""Choices of one option for each of several slots, whose options are listed with the likeliest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence


def best_first(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All choices of one rank for each slot, those with the least sum first.

    >>> list(best_first([2, 2]))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    start = (0,) * len(lengths)
    heap, seen = [(0, start)], {start}
    while heap and all(lengths):
        total, ranks = heapq.heappop(heap)
        yield ranks
        for k in range(len(lengths)):
            after = (*ranks[:k], ranks[k] + 1, *ranks[k + 1 :])
            if after[k] < lengths[k] and after not in seen:
                seen.add(after)
                heapq.heappush(heap, (total + 1, after))
