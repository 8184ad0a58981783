/**
 * How a report looks: light and dark, on a screen of any width, on paper.
 *
 * @module
 */

/** Colours that are told apart, the last one for everything else. */
export const COLORS = 10;

/** The style sheet. */
export const STYLE = `
:root { color-scheme: light dark;
  --paper: #fff; --card: #f6f7f9; --ink: #1b1f24; --soft: #5a6472; --line: #d9dee4; --good: #2c8a4b;
  --bad: #c9302c; --accent: #2f5fd0; --rest: #e4e8ee;
  --c0: #4269d0; --c1: #e0a100; --c2: #e4573d; --c3: #2aa198; --c4: #3c9d4b; --c5: #d964a0;
  --c6: #8f5be8; --c7: #6f9fd8; --c8: #9c6b4e; --c9: #8a9099; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171c; --card: #1d2229; --ink: #e8ebef; --soft: #a3adba; --line: #343c47; --good: #54c07a;
  --bad: #ff6b63; --accent: #8eb1ff; --rest: #2a313b;
  --c0: #7b9bff; --c1: #f3c34b; --c2: #ff7f66; --c3: #5cc9bd; --c4: #6fcf7f; --c5: #ff9ccb;
  --c6: #b794ff; --c7: #a5c8f5; --c8: #c79a7d; --c9: #a0a7b1; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .6rem; }
h3 { font-size: .9rem; margin: 1rem 0 .2rem; color: var(--soft); font-weight: 600; }
p { margin: .4rem 0; max-width: 48rem; }
.soft { color: var(--soft); }
.bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); font-weight: 600; }
.cause { background: var(--card); border-left: .35rem solid var(--c2); border-radius: .4rem;
  padding: 1rem 1.2rem; margin: 1.2rem 0; }
.cause.fine { border-color: var(--good); }
.cause h2 { margin: 0 0 .3rem; font-size: .9rem; color: var(--soft); font-weight: 600; }
.cause .first { font-size: 1.2rem; line-height: 1.4; overflow-wrap: anywhere; }
.cause p { max-width: 56rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem;
  margin: 1rem 0; padding: 0; }
.tiles div { background: var(--card); border-radius: .4rem; padding: .5rem .8rem; }
.tiles dt { color: var(--soft); font-size: .8rem; }
.tiles dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.tiles dd small { font-size: .8rem; color: var(--soft); display: block; }
.bar { display: flex; height: 2.2rem; border-radius: .4rem; overflow: hidden; margin: .6rem 0; }
.bar span { min-width: 0; overflow: hidden; border-right: 1px solid var(--paper); }
.bar span:last-child { border: 0; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: .2em; margin-right: .4em;
  vertical-align: -.05em; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0;
  margin: .4rem 0; font-size: .9rem; }
.legend li { overflow-wrap: anywhere; }
ol.others { padding-left: 0; list-style: none; }
ol.others li { border-top: 1px solid var(--line); padding: .6rem 0; max-width: 56rem;
  overflow-wrap: anywhere; }
.rows { border-top: 1px solid var(--line); }
.row { display: grid; grid-template-columns: 9rem 1fr; align-items: center; column-gap: .6rem;
  border-bottom: 1px solid var(--line); }
.row .name { font-size: .8rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row svg { display: block; width: 100%; height: 1.3rem; background: var(--rest); }
.dense .row { border: 0; } .dense .row .name { font-size: .6rem; line-height: .75rem; }
.dense .row svg { height: .75rem; }
.axis { display: grid; grid-template-columns: 9rem 1fr; column-gap: .6rem; color: var(--soft);
  font-size: .8rem; }
.axis div { position: relative; grid-column: 2; height: 1.3rem; overflow: hidden; }
.axis span { position: absolute; border-left: 1px solid var(--soft); padding-left: .25rem;
  line-height: 1.2; white-space: nowrap; }
.curve { display: grid; grid-template-columns: 9rem 1fr; column-gap: .6rem; margin-top: .8rem; }
.curve .name { font-size: .8rem; } .curve .name b { display: block; font-weight: 600; }
.curve svg { display: block; width: 100%; height: 5rem; background: var(--card); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding: .2rem 0; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; font-size: .8rem; white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 8rem; }
.number { text-align: right; white-space: nowrap; } tbody th.number { min-width: 0; width: 1%; } .wide { overflow-wrap: anywhere; min-width: 12rem; }
a { color: var(--accent); }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
${colorRules()}
@media (max-width: 36rem) {
  main { padding: 1rem .7rem 2rem; }
  .row, .axis, .curve { grid-template-columns: 4.5rem 1fr; column-gap: .4rem; }
  .row .name .soft, .axis span:nth-child(even) { display: none; }
  .cause { padding: .8rem; } .cause .first { font-size: 1.08rem; }
  .tiles { grid-template-columns: 1fr 1fr; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --card: #f6f7f9; --ink: #000; --soft: #444;
    --line: #bbb; --rest: #eee; --good: #1d6b37; --bad: #a11; --accent: #000; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { font-size: 11px; } main { max-width: none; padding: 0; }
  .cause, .tiles div, .row, tr, .curve { break-inside: avoid; } h2 { break-after: avoid; }
  .scroll { overflow: visible; }
}
`;

function colorRules(): string {
  const rules = Array.from(
    { length: COLORS },
    (_, i) => `.c${i} { fill: var(--c${i}); background: var(--c${i}); }`,
  );
  return [...rules, ".cgood { background: var(--good); }", ".failed { fill: var(--bad); }"].join(
    "\n",
  );
}
