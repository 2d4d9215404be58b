# SPDX-License-Identifier: Apache-2.0
"""Numbers in an order that makes select_rank of viewer/engine/percentile.c choose bad pivots.

After M. D. McIlroy, "A Killer Adversary for Quicksort" (1999): a number gets its value only when
a comparison needs one, and then the one that helps least.
"""


class Adversary:
    def __init__(self, count):
        self.values = [count] * count  # `count`: not settled yet
        self.unsettled, self.settled, self.candidate = count, 0, 0

    def settle(self, item):
        self.values[item] = self.settled
        self.settled += 1

    def is_less(self, a, b):
        values = self.values
        if values[a] == self.unsettled == values[b]:
            self.settle(a if a == self.candidate else b)
        if values[a] == self.unsettled:
            self.candidate = a
        elif values[b] == self.unsettled:
            self.candidate = b
        return values[a] < values[b]


def median(less, a, b, c):
    if less(a, b):
        return b if less(b, c) else (c if less(a, c) else a)
    return a if less(a, c) else (c if less(b, c) else b)


def select(less, items, low, high, rank):
    """As select_rank does; returns how many rounds it took."""
    rounds = 0
    while low < high:
        rounds += 1
        pivot = median(less, items[low], items[low + (high - low) // 2], items[high])
        i, k = low, high
        while True:
            while items[i] != pivot and less(items[i], pivot):
                i += 1
            while items[k] != pivot and less(pivot, items[k]):
                k -= 1
            if i >= k:
                break
            items[i], items[k] = items[k], items[i]
            i, k = i + 1, k - 1
        low, high = (low, k) if rank <= k else (k + 1, high)
    return rounds


def hard_order(count):
    """(`count` different numbers from 0 on, rounds that the median of them takes)."""
    adversary = Adversary(count)
    rounds = select(adversary.is_less, list(range(count)), 0, count - 1, (count + 1) // 2 - 1)
    for item, value in enumerate(adversary.values):
        if value == count:
            adversary.settle(item)
    return adversary.values, rounds
