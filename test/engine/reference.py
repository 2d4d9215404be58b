# SPDX-License-Identifier: Apache-2.0
"""What the engine must answer, computed slowly and obviously from the events."""
import collections
import math


class Slice:
    def __init__(self, start, end, name, args=None):
        self.start, self.end, self.name, self.args = start, end, name, args
        self.parent, self.children, self.lane, self.depth = None, [], 0, 0

    @property
    def duration(self):
        return self.end - self.start

    def within(self, t0, t1):
        return max(0, min(self.end, t1) - max(self.start, t0))

    def is_in(self, t0, t1):
        return self.start < t1 and (self.end > t0 or self.start >= t0)


def nest(slices):
    """Gives each of a track's slices, in the order of the file, its lane, depth and parent."""
    ends = [s.end for s in slices]
    by_ends = all(a <= b for a, b in zip(ends, ends[1:]))
    order = list(enumerate(slices))
    order.sort(key=lambda pair: (pair[1].start, -pair[1].end, -pair[0] if by_ends else pair[0]))
    lanes = []
    for _, piece in order:
        for lane, stack in enumerate(lanes + [[]]):
            while stack and (stack[-1].end < piece.start or
                             stack[-1].end == piece.start and piece.end > piece.start):
                stack.pop()
            if not stack or piece.end <= stack[-1].end:
                break
        if lane == len(lanes):
            lanes.append(stack)
        piece.lane, piece.depth = lane, len(stack)
        if stack:
            piece.parent = stack[-1]
            piece.parent.children.append(piece)
        stack.append(piece)
    return [piece for _, piece in order]


def statistics(slices, t0, t1):
    """{name: (calls, total, self, min, mean, p50, p95, p99, max)}"""
    found = collections.defaultdict(list)
    for piece in slices:
        if piece.is_in(t0, t1):
            found[piece.name].append(piece)
    result = {}
    for name, pieces in found.items():
        durations = sorted(piece.duration for piece in pieces)
        total = sum(piece.within(t0, t1) for piece in pieces)
        own = total - sum(child.within(t0, t1) for piece in pieces for child in piece.children)
        result[name] = (len(pieces), total, own, durations[0], sum(durations) / len(durations),
                        *(durations[math.ceil(len(durations) * p / 100) - 1] for p in (50, 95, 99)),
                        durations[-1])
    return result


def path(piece):
    names = []
    while piece:
        names.append(piece.name)
        piece = piece.parent
    return tuple(reversed(names))


def flame(slices, t0, t1):
    """{path: (calls, total, self, first)}"""
    nodes = {}
    for piece in slices:
        if not piece.is_in(t0, t1):
            continue
        node = nodes.setdefault(path(piece), [0, 0, 0, math.inf])
        node[0] += 1
        node[1] += piece.within(t0, t1)
        node[2] += piece.within(t0, t1) - sum(c.within(t0, t1) for c in piece.children)
        node[3] = min(node[3], piece.start)
    return {key: tuple(value) for key, value in nodes.items()}


def sandwich(slices, name, callers):
    """The same for one function: who called it, or whom it called."""
    nodes = {}
    for piece in slices:
        names = path(piece)
        if name not in names:
            continue
        first = names.index(name)
        if callers and (first != len(names) - 1):
            continue
        keys = [tuple(reversed(names[k:])) for k in range(len(names))] if callers \
            else [names[first:]]
        for key in keys:
            node = nodes.setdefault(key, [0, 0, 0])
            node[0] += 1
            node[1] += piece.duration
            node[2] += piece.duration - sum(c.duration for c in piece.children)
    return {key: tuple(value) for key, value in nodes.items()}


def tiles(row, level, t0, t1):
    """[(start, duration, name, count, ns that they fill)…] of a row's slices in whole buckets around
    the range."""
    width = 1 << level
    t0, t1 = t0 // width * width, -(-t1 // width) * width
    items = []
    run = []

    def close():
        if len(run) == 1:
            items.append((run[0].start, run[0].duration, run[0].name, 1,
                          run[0].duration))
        elif run:
            longest = max(run, key=lambda piece: piece.duration)
            items.append((run[0].start // width * width, width, longest.name, len(run),
                          sum(piece.duration for piece in run)))
        run.clear()

    for piece in row:
        if not piece.is_in(t0, t1):
            continue
        if run and (piece.duration >= width or piece.start // width != run[0].start // width):
            close()
        if piece.duration >= width:
            items.append((piece.start, piece.duration, piece.name, 1, piece.duration))
        else:
            run.append(piece)
    close()
    return items
