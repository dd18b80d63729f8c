/** The page's style sheet. Colours are given once for light and once for dark, and charts use them by their names. */
export const style = `
:root {
  color-scheme: light dark;
  --surface: light-dark(#ffffff, #14171b);
  --raised: light-dark(#f6f7f9, #1c2025);
  --ink: light-dark(#1c2127, #e7eaee);
  --muted: light-dark(#5b6570, #9ea8b3);
  --grid: light-dark(#dfe3e8, #323840);
  --soft: light-dark(#c9d1da, #414953);
  --accent: light-dark(#1f5fc4, #7db0ff);
  --right: light-dark(#0b6b45, #57d19c);
  --wrong: light-dark(#b3261e, #ff8f85);
  --series-0: light-dark(#2563c9, #7db0ff);
  --series-1: light-dark(#c2570c, #ff9f5a);
  --series-2: light-dark(#0f7d68, #4fd0b3);
  --series-3: light-dark(#b0297a, #f48cc0);
  --series-4: light-dark(#6d4bc4, #b7a0ff);
  --series-5: light-dark(#857000, #dcc04a);
  --series-6: light-dark(#0b7ba1, #5cc8ea);
  --series-7: light-dark(#5f6b7a, #aab4bf);
}
:root[data-theme='light'] { color-scheme: light; }
:root[data-theme='dark'] { color-scheme: dark; }

*, ::before, ::after { box-sizing: border-box; }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0;
  background: var(--surface);
  color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif;
}
mark { background: light-dark(#ffe9a8, #6b5200); color: inherit; border-radius: .15rem; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; z-index: 3; padding: .3rem .6rem; background: var(--surface); }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 clamp(1rem, 3vw, 2rem); }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 .25rem; font-size: 1.2rem; }
p { margin: 0 0 .5rem; }
a { color: var(--accent); }
.note { color: var(--muted); font-size: .87rem; max-width: 50rem; overflow-wrap: anywhere; }

header { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: start; padding-top: 2rem; padding-bottom: 1rem; }
header > div:first-child { flex: 1 1 18rem; min-width: 0; }
header p { margin: .25rem 0 0; color: var(--muted); }
#theme { display: flex; border: 1px solid var(--grid); border-radius: .5rem; overflow: hidden; }
#theme[hidden] { display: none; }
#theme button { border: 0; border-radius: 0; background: none; padding: .3rem .7rem; font-size: .87rem; }
#theme button[aria-pressed='true'] { background: var(--raised); color: var(--accent); font-weight: 600; }

nav.sections {
  position: sticky; top: 0; z-index: 2;
  background: var(--surface);
  border-bottom: 1px solid var(--grid);
}
nav.sections ul {
  display: flex; gap: 1.25rem; list-style: none; overflow-x: auto; white-space: nowrap;
  max-width: 76rem; margin: 0 auto; padding: .6rem clamp(1rem, 3vw, 2rem);
}
nav.sections a { text-decoration: none; color: var(--muted); font-size: .93rem; }
nav.sections a:hover { color: var(--accent); }

section { padding: 1.75rem 0 .5rem; }
footer { padding-top: 1.5rem; padding-bottom: 3rem; color: var(--muted); font-size: .87rem; }

.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem; text-align: right; vertical-align: baseline; white-space: nowrap; }
th { font-weight: 600; }
th[scope='row'] { text-align: left; font-weight: 400; }
thead th:first-child, .grouped thead th:nth-child(2) { text-align: left; }
thead th { border-bottom: 1.5px solid var(--ink); }
tbody + tbody tr:first-child > * { border-top: 1px solid var(--grid); }
table.results { margin: .75rem 0; }
table.results:not(.grouped) tr > :first-child, table.grouped tr > :nth-child(2) { position: sticky; left: 0; z-index: 1; background: var(--surface); }
table.grouped tr > :first-child { color: var(--muted); }
table.results small { display: block; color: var(--muted); font-size: .78rem; }
table.results tbody td { position: relative; }
table.results sup { position: absolute; color: var(--accent); font-weight: 700; line-height: 1; }
table.facts { font-size: .87rem; }
table.facts :is(td, th) { text-align: left; }
table.facts tbody :is(td, th) { border-bottom: 1px solid var(--grid); }
details.more { margin: .5rem 0; }
details.more > summary { cursor: pointer; color: var(--accent); font-size: .93rem; }

.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1.5rem 2rem; margin-top: 1rem; }
figure { margin: 0; min-width: 0; }
figcaption { font-weight: 600; overflow-wrap: anywhere; }
figcaption span { color: var(--muted); font-weight: 400; font-size: .87rem; }
figure svg { display: block; width: 100%; height: auto; max-width: 30rem; }
figure svg text { font-family: inherit; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; list-style: none; margin: .5rem 0 0; padding: 0; font-size: .93rem; }
.legend li { overflow-wrap: anywhere; }
.attached { margin-top: 1rem; }
.attached .scroll { background: #fff; border: 1px solid var(--grid); border-radius: .5rem; }
.attached img { display: block; width: max(100%, 44rem); height: auto; }

.controls { max-width: 20rem; margin: .75rem 0 .4rem; }
.controls label { font-size: .87rem; color: var(--muted); min-width: 0; }
#controls { display: grid; grid-template-columns: 2fr 1fr 1fr 1fr; gap: .75rem; align-items: end; max-width: none; }
.controls[hidden], .panel-group[hidden] { display: none; }
#controls .check { grid-column: -2 / -1; display: flex; gap: .4rem; align-items: center; justify-self: end; }
input[type='search'], select, button { font: inherit; color: var(--ink); background: var(--surface); border: 1px solid var(--soft); border-radius: .4rem; }
input[type='search'], select { display: block; width: 100%; height: 2.3rem; padding: 0 .5rem; margin-top: .15rem; }
button { padding: .35rem .8rem; cursor: pointer; }
button:disabled { opacity: .45; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
#count { grid-column: 1 / -2; color: var(--muted); font-size: .87rem; margin: 0; white-space: nowrap; }
#model-heads {
  display: flex; justify-content: end; position: sticky; top: 2.55rem; z-index: 1;
  padding: .4rem .25rem; background: var(--surface); font-size: .8rem; color: var(--muted);
}
#model-heads[hidden] { display: none; }
#model-heads span { writing-mode: vertical-rl; rotate: 180deg; width: 1.7rem; line-height: 1.7rem; max-height: 9.5rem; overflow: hidden; white-space: nowrap; }
#model-heads:not([hidden]) + #document-list .outcomes { flex-wrap: nowrap; gap: 0; }
#model-heads:not([hidden]) + #document-list .outcome { width: 1.7rem; text-align: center; overflow: hidden; }
#document-list { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--grid); }
#document-list > li { border-bottom: 1px solid var(--grid); }
#document-list > li > details > summary {
  display: grid; grid-template-columns: 9rem minmax(0, 1fr) auto; gap: .25rem 1rem;
  padding: .55rem .25rem; cursor: pointer; list-style: none;
}
#document-list > li > details > summary::-webkit-details-marker { display: none; }
#document-list > li > details > summary:hover { background: var(--raised); }
.place { color: var(--muted); font-size: .87rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.place::before { content: '▸'; display: inline-block; width: 1em; }
details[open] > summary .place::before { content: '▾'; }
.snippet { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; }
details[open] .snippet { -webkit-line-clamp: 1; color: var(--muted); }
.outcomes { display: flex; flex-wrap: wrap; gap: .25rem .5rem; justify-content: end; align-self: start; }
.outcome { font-size: .87rem; white-space: nowrap; }
.outcome.right { color: var(--right); }
.outcome.wrong { color: var(--wrong); }
.outcome:is(.none, .partly) { color: var(--muted); }
.body { padding: .25rem .25rem 1rem 1.25rem; }
.context { white-space: pre-wrap; overflow-wrap: anywhere; max-width: 60rem; max-height: 20rem; overflow-y: auto; background: var(--raised); border-radius: .4rem; padding: .6rem .8rem; }
.context, .choice, .snippet { unicode-bidi: isolate; }
.target code, .verdict code { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--raised); border-radius: .25rem; padding: .05rem .3rem; }
.written-by { padding: .5rem 0 0; }
.written-by h3 { margin: 0 0 .3rem; font-size: 1rem; overflow-wrap: anywhere; }
.written-by h3 small { font-weight: 400; color: var(--muted); }
.written { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13.5rem, 100%), 1fr)); gap: .75rem 1rem; align-items: start; }
.written article { min-width: 0; border-top: 2px solid var(--soft); padding-top: .3rem; }
.written article.right { border-color: var(--right); }
.written article.wrong { border-color: var(--wrong); }
.verdict { margin: 0; overflow-wrap: anywhere; }
.right > .verdict strong, td.right > :is(.score, .sign) { color: var(--right); }
.wrong > .verdict strong, td.wrong > :is(.score, .sign) { color: var(--wrong); }
.badge { font-size: .8rem; border: 1px solid var(--wrong); color: var(--wrong); border-radius: .25rem; padding: 0 .3rem; white-space: nowrap; }
.written .note { margin: 0 0 .3rem; }
.choice-list { list-style: none; margin: .5rem 0; padding: 0; max-width: 60rem; }
.choice-list li { display: flex; gap: .6rem; padding: .15rem 0; }
.choice-list b { flex: none; min-width: 1.2em; color: var(--muted); }
.choice { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 0; }
.gold-choice .choice { font-weight: 600; }
.gold { color: var(--right); white-space: nowrap; }
table.choices, table.differences, table.tokens { font-size: .93rem; }
:is(.choices, .differences) :is(thead th:first-child, th[scope='row']) { position: sticky; left: 0; z-index: 1; background: var(--surface); text-align: left; }
:is(.choices, .differences) th[scope='row'] { max-width: 11rem; white-space: normal; overflow-wrap: anywhere; }
:is(.choices, .differences) tbody tr > * { border-bottom: 1px solid var(--grid); vertical-align: top; }
:is(.choices, .differences) td { min-width: 5.5rem; padding: .3rem .5rem; }
:is(.choices, .differences) td small { display: block; color: var(--muted); font-size: .78rem; line-height: 1.3; }
.sign { float: left; }
.chosen .score { font-weight: 700; }
.differences td:is(.right, .wrong) .score { font-weight: 700; }
.bar { display: block; height: 3px; margin: .15rem 0 0 auto; border-radius: 2px; background: var(--soft); }
.chosen .bar { background: var(--accent); }
.forest { display: block; position: relative; height: .7rem; min-width: 6.5rem; background: linear-gradient(var(--muted), var(--muted)) center / 1px 100% no-repeat; }
.forest .range { position: absolute; top: calc(50% - 1px); height: 2px; background: var(--accent); }
.forest .dot { position: absolute; top: calc(50% - 3px); width: 6px; height: 6px; margin-left: -3px; border-radius: 50%; background: var(--accent); }
.flips { display: flex; gap: .25rem; justify-content: end; margin-top: .15rem; }
.flip { font-size: .8rem; padding: .05rem .35rem; white-space: nowrap; }
.token { display: inline-block; margin: .05rem; padding: 0 .25rem; border-radius: .2rem; background: color-mix(in srgb, var(--wrong) calc(var(--weight) * .45), var(--raised)); }
.token code { display: block; text-align: center; }
table.tokens td { white-space: normal; text-align: left; }
table.tokens th { white-space: nowrap; }
#pager { display: flex; gap: 1rem; align-items: center; justify-content: center; padding: 1rem 0; font-size: .93rem; }
#pager[hidden] { display: none; }

@media (max-width: 44rem) {
  #controls { grid-template-columns: 1fr 1fr; }
  #controls label:first-child, #controls label:has(#sort) { grid-column: 1 / -1; }
  th, td { padding: .35rem .5rem; }
  #document-list > li > details > summary { grid-template-columns: minmax(0, 1fr); }
  #model-heads[hidden] + #document-list .outcomes { justify-content: start; }
  .body { padding-left: .25rem; }
  :is(.choices, .differences) th[scope='row'] { min-width: 6.5rem; max-width: 7.5rem; }
}
@media print {
  :root { color-scheme: light !important; }
  body { font-size: 10pt; }
  nav.sections, #theme, .controls, #pager { display: none !important; }
  section { break-before: auto; }
  figure, #document-list > li, table.results tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  .scroll { overflow: visible; }
  .panels { grid-template-columns: repeat(2, 1fr); }
  .context { max-height: none; }
  #model-heads { position: static; }
  th, td { padding: .2rem .4rem; }
  table:is(.choices, .differences, .tokens) { font-size: 8pt; }
}
`;
