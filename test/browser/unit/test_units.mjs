// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import * as units from "../../../viewer/web/units.js";

test("durations are said in the unit that fits, in three digits", () => {
    const said = [0, 1, 999, 1000, 1234, 999949, 999600, 12.3e6, 999.7e6, 1.5e9, 59.99e9, 60e9, 125e9, 3723e9, -1500];
    assert.deepEqual(said.map(units.duration), ["0 ns", "1 ns", "999 ns", "1.00 µs", "1.23 µs", "1.00 ms", "1.00 ms",
        "12.3 ms", "1.00 s", "1.50 s", "60.0 s", "1 min 0 s", "2 min 5 s", "1 h 2 min", "-1.50 µs"]);
    assert.equal(units.duration(NaN), "–");
});

test("an exact duration loses no nanosecond", () => {
    assert.equal(units.exactDuration(1234567890), "1.234 567 890 s");
    assert.equal(units.exactDuration(1000), "1.000 µs");
    assert.equal(units.exactDuration(7), "7 ns");
    assert.equal(units.exactDuration(4e9 + 1), "4.000 000 001 s");
});

test("typed durations are understood and others refused", () => {
    assert.equal(units.parseDuration("1ms"), 1e6);
    assert.equal(units.parseDuration(" 2.5 us"), 2500);
    assert.equal(units.parseDuration("3"), 3);
    assert.equal(units.parseDuration("1µs"), 1000);
    assert.equal(units.parseDuration("soon"), null);
    assert.equal(units.parseDuration(""), null);
});

test("neighbouring ticks have different labels at every zoom", () => {
    for (let power = 0; power < 13; power++) {
        for (const factor of [1, 1.7, 3, 8]) {
            const step = units.tickStep(factor * 10 ** power);
            assert.ok(step >= factor * 10 ** power * 0.99, `${step}`);
            for (const origin of [0, 5e9, 3e12]) {
                const first = Math.ceil(origin / step) * step;
                assert.notEqual(units.tickLabel(first, step), units.tickLabel(first + step, step), `${first} ${step}`);
            }
        }
    }
});

test("wall clock time keeps its microseconds", () => {
    assert.match(units.wallClock(1795373287793843552n), /^\d{4}-\d\d-\d\d \d\d:\d\d:07\.793843$/);
});
