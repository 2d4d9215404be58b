// SPDX-License-Identifier: Apache-2.0
// @ts-check
// Tiles: pieces of a row at one resolution. A tile of level L has BUCKETS buckets of 2^L ns and
// stands on a multiple of its length, so the picture does not shimmer while it moves. Tiles never
// change; what is missing is asked for once and drawn from a coarser or finer one until it comes.

export const BUCKETS = 256;
const MOST_TILES = 12000;
const COARSER = 8;

/**
 * @typedef {{start: Float64Array, duration: Float64Array, name: Uint32Array, slice: Uint32Array,
 *   count: Uint32Array, busy: Float32Array}} Items what TILES answers (viewer/engine/query.h): with
 *   `count` 1 a slice, else a crowd, a bucket of slices that are shorter than it
 * @typedef {{row: number, level: number, index: number, t0: number, bucketNs: number,
 *   items: Items, from: number, to: number, used: number}} Tile the items [from, to), by their start
 * @typedef {{level: number, first: number, last: number, row: number}} Wish
 */

/** The level whose buckets are at most a pixel wide. @param {number} nsPerPixel */
export function levelFor(nsPerPixel) {
    return Math.max(0, Math.floor(Math.log2(Math.max(nsPerPixel, 1))));
}

/** @param {number} level */
export function tileLength(level) {
    return BUCKETS * 2 ** level;
}

export class TileCache {
    /** @param {(wishes: Wish[]) => Promise<Tile[]>} fetch @param {() => void} onarrival
     *  @param {(why: string) => void} [onfailure] once, until an answer comes again */
    constructor(fetch, onarrival, onfailure = () => {}) {
        this.fetch = fetch;
        this.onfailure = onfailure;
        this.onarrival = onarrival;
        /** @type {Map<number, Map<number, Tile>>} row·64+level → index → tile */
        this.lines = new Map();
        this.count = 0;
        this.clock = 0;
        /** @type {Wish[]} */
        this.wishes = [];
        this.busy = false;
        this.failed = "";
    }

    /** @param {number} row @param {number} level */
    line(row, level) {
        return this.lines.get(row * 64 + level);
    }

    clear() {
        this.lines.clear();
        this.count = 0;
        this.wishes = [];
    }

    beginFrame() {
        this.clock++;
        this.wishes.length = 0;
    }

    /**
     * Calls paint for what is known of [t0, t1) of a row, coarse before fine.
     * @param {number} row @param {number} level @param {number} t0 @param {number} t1
     * @param {(tile: Tile, from: number, to: number) => void} paint
     */
    cover(row, level, t0, t1, paint) {
        const length = tileLength(level);
        const first = Math.max(0, Math.floor(t0 / length));
        const last = Math.max(first, Math.ceil(t1 / length) - 1);
        const line = this.line(row, level);
        let missingFrom = -1;
        let missingTo = -1;
        for (let index = first; index <= last; index++) {
            const tile = line?.get(index);
            if (tile) {
                tile.used = this.clock;
                paint(tile, index * length, (index + 1) * length);
            } else {
                if (missingFrom < 0) missingFrom = index;
                missingTo = index;
                this.coverRoughly(row, level, index * length, (index + 1) * length, paint);
            }
        }
        if (missingFrom >= 0) this.wishes.push({ row, level, first: missingFrom, last: missingTo });
    }

    /** @param {number} row @param {number} level @param {number} t0 @param {number} t1
     *  @param {(tile: Tile, from: number, to: number) => void} paint */
    coverRoughly(row, level, t0, t1, paint) {
        for (let up = 1; up <= COARSER; up++) {
            const tile = this.line(row, level + up)?.get(Math.floor(t0 / tileLength(level + up)));
            if (tile) {
                tile.used = this.clock;
                paint(tile, t0, t1);
                return;
            }
        }
        for (let down = 1; down <= 3 && down <= level; down++) {
            const line = this.line(row, level - down);
            if (!line) continue;
            const length = tileLength(level - down);
            for (let index = Math.floor(t0 / length); index * length < t1; index++) {
                const tile = line.get(index);
                if (tile) paint(tile, index * length, (index + 1) * length);
            }
        }
    }

    /** Asks for what the frame missed, unless an answer is still on its way. */
    async flush() {
        if (this.busy || !this.wishes.length) return;
        this.busy = true;
        const wishes = this.wishes;
        this.wishes = [];
        try {
            for (const tile of await this.fetch(wishes)) this.put(tile);
            this.failed = "";
        } catch (error) {
            if (!this.failed) this.onfailure(error instanceof Error ? error.message : String(error));
            this.failed = String(error);
        }
        this.busy = false;
        if (!this.failed) this.onarrival();
    }

    /** @param {Tile} tile */
    put(tile) {
        const key = tile.row * 64 + tile.level;
        let line = this.lines.get(key);
        if (!line) this.lines.set(key, line = new Map());
        if (!line.has(tile.index)) this.count++;
        tile.used = this.clock;
        line.set(tile.index, tile);
        if (this.count > MOST_TILES) this.evict();
    }

    /** Forgets the half that was not used for longest. */
    evict() {
        const all = [...this.lines.values()].flatMap((line) => [...line.values()]);
        all.sort((a, b) => a.used - b.used);
        for (const tile of all.slice(0, all.length >> 1)) {
            if (tile.used === this.clock) break;
            this.lines.get(tile.row * 64 + tile.level)?.delete(tile.index);
            this.count--;
        }
    }
}
