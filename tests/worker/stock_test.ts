import assert from "node:assert/strict";
import { Stock } from "../../worker/stock.ts";

/** Gives bundles of so many milliseconds until there are enough for two workers. */
function fill(stock: Stock, each: number, late: boolean, task = Math.min(each, 1)): number {
  let bundles = 0;
  for (; !stock.isFull(2, task, late); bundles++) stock.left(each);
  stock.check();
  return bundles;
}

Deno.test("stock: a second of work for each worker where somebody has the processor", () => {
  assert.equal(fill(new Stock(), 50, true), 2 * 1_000 / 50);
});

Deno.test("stock: a tenth of that while short tasks run", () => {
  assert.equal(fill(new Stock(), 20, false), 2 * 100 / 20);
});

Deno.test("stock: more of tasks that take longer, of which one may take very long", () => {
  assert.equal(fill(new Stock(), 20, false, 20), 2 * 10);
});

Deno.test("stock: whoever was not heard from for long leaves more, for some time", () => {
  const stock = new Stock();
  stock.looked(true, 1_000);
  stock.looks(1_050);
  assert.equal(fill(stock, 20, false), 2 * 4 * 50 / 20, "four times the pause");
  for (let now = 1_050; now < 6_000; now += 10) {
    stock.looked(true, now);
    stock.looks(now + 10);
  }
  for (let left = 0; left < 2 * 4 * 50 / 20; left++) stock.cameBack(20);
  assert.equal(fill(stock, 20, false), 2 * 100 / 20, "a pause is forgotten");
});

Deno.test("stock: never more than a second for each worker", () => {
  const stock = new Stock();
  stock.looked(true, 0);
  stock.looks(60_000);
  assert.equal(fill(stock, 20, false), 2 * 1_000 / 20);
});

Deno.test("stock: time in which nothing was kept here is no pause", () => {
  const stock = new Stock();
  stock.looked(false, 0);
  stock.looks(60_000);
  assert.equal(fill(stock, 20, false), 2 * 100 / 20);
});

Deno.test("stock: so many bundles are enough, and so few are not too many", () => {
  assert.equal(fill(new Stock(), 0.001, true), 2 * 256);
  assert.equal(fill(new Stock(), 60_000, false), 2 * 4);
});

Deno.test("stock: it is filled up at once, and not before half of it is gone", () => {
  const stock = new Stock();
  const all = fill(stock, 20, false);
  for (let left = all; left > all / 2 + 1; left--) {
    stock.cameBack(20);
    assert.equal(fill(stock, 20, false), 0);
  }
  stock.cameBack(20);
  stock.cameBack(20);
  assert.equal(fill(stock, 20, false), all / 2 + 1, "as one message");
  stock.cameBack(20);
  assert.equal(fill(stock, 20, true), 2 * 1_000 / 20 - all + 1, "all of it before a long task");
});

Deno.test("stock: what comes back that has not left is a fault", () => {
  const stock = new Stock();
  stock.cameBack(1);
  assert.throws(() => stock.check(), /more bundles came back/);
});
