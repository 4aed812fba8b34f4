"""The report's style sheet: light, dark and print. System fonts, no scripts, nothing fetched."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5a6473; --line: #d8dde5; --page: #f5f7fa;
  --card: #ffffff; --bar: #2a788e; --badge: #8a3b00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf2; --soft: #a3adbb; --line: #333c4a; --page: #12161d; --card: #1b212b; --bar: #4fb3bf;
    --badge: #ffb27d; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 4px; }
p { margin: 0 0 10px; max-width: 76ch; }
.soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px;
  margin: 18px 0; }
dl.facts { display: flex; flex-wrap: wrap; gap: 6px 28px; margin: 14px 0 0; }
dl.facts div { min-width: 0; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.note { border-left: 3px solid var(--badge); padding-left: 10px; margin: 12px 0 0; overflow-wrap: anywhere; }
.edits { border: 2px solid var(--badge); border-radius: 8px; padding: 10px 14px; margin-top: 14px; }
.edits strong { color: var(--badge); }
.edits ol { margin: 4px 0 0; padding-left: 22px; overflow-wrap: anywhere; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(290px, 1fr)); gap: 20px;
  align-items: start; }
figure { margin: 0; }
figcaption { font-size: .85rem; color: var(--soft); margin-top: 6px; overflow-wrap: anywhere; }
.photo, .seen { position: relative; overflow: hidden; border-radius: 4px; background-size: 100% 100%;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.photo { max-height: 640px; max-width: 100%; margin: 0 auto; }
.over { position: absolute; inset: 0; width: 100%; height: 100%; }
.unseen { fill: rgba(0, 0, 0, .45); fill-rule: evenodd; }
.crop { stroke: #fff; stroke-width: 2; vector-effect: non-scaling-stroke; }
img.mask { image-rendering: pixelated; opacity: .6; }
.classes { list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(165px, 1fr));
  gap: 2px 16px; padding: 0; margin: 10px 0 0; font-size: .9rem; }
.classes span { float: right; font-variant-numeric: tabular-nums; }
.classes i { display: inline-block; width: .85em; height: .85em; margin-right: .5em;
  border: 1px solid var(--soft); border-radius: 2px; vertical-align: -1px; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 14px;
  margin-top: 14px; }
.maps b { color: var(--ink); font-weight: 600; }
.map { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: pixelated; }
.seen { background-color: #808080; }
.legend { display: inline-flex; flex-direction: column; width: min(340px, 100%); margin: 6px 0;
  font-size: .8rem; }
.legend img { width: 100%; height: 14px; image-rendering: pixelated; border: 1px solid var(--line); }
.legend .ticks { position: relative; height: 1.5em; font-variant-numeric: tabular-nums; }
.legend .ticks span { position: absolute; transform: translateX(-50%); padding-top: 5px; line-height: 1; }
.legend .ticks span:before { content: ""; position: absolute; left: 50%; top: -4px; height: 7px;
  border-left: 1px solid var(--ink); }
.legend .ticks span:first-child { transform: none; }
.legend .ticks span:first-child:before { left: 0; }
.legend .ticks span:last-child { transform: translateX(-100%); }
.legend .ticks span:last-child:before { left: 100%; }
label { font-size: .85rem; cursor: pointer; display: inline-block; margin: 4px 18px 4px 0; }
#heat:checked ~ .maps .map { opacity: .6; }
#gates:checked ~ .blocks .map { opacity: .6; }
#gates:not(:checked) ~ .blocks .seen { background-image: none; }
table { border-collapse: collapse; width: 100%; margin-top: 10px; }
th { text-align: left; font-size: .8rem; color: var(--soft); font-weight: 500;
  border-bottom: 1px solid var(--line); padding: 4px 14px 6px 0; }
td { vertical-align: top; padding: 12px 14px 12px 0; border-bottom: 1px solid var(--line); font-size: .88rem; }
tr:last-child td { border-bottom: 0; }
.side { display: flex; gap: 14px; }
td .side p { margin: 0; }
td .seen { width: 92px; flex: none; align-self: flex-start; }
td.name { font-weight: 600; overflow-wrap: anywhere; }
td.name small { display: block; font-weight: 400; color: var(--soft); }
td p { margin: 6px 0 0; font-variant-numeric: tabular-nums; }
td.spatial { width: 36%; }
td.channel { width: 42%; }
.axis { position: relative; padding-left: 26px; }
.axis > span { position: absolute; left: 0; width: 20px; text-align: right; font-size: .68rem; line-height: 1;
  color: var(--soft); }
.bars { display: block; width: 100%; height: 66px; border-left: 1px solid var(--soft);
  border-bottom: 1px solid var(--soft); }
.bar { fill: var(--bar); }
.mark { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 4 3; vector-effect: non-scaling-stroke; }
.flat { color: var(--badge); font-weight: 600; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 12px 14px;
  overflow-x: auto; font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
@media (max-width: 700px) {
  thead { display: none; }
  tr { display: block; padding: 10px 0; border-bottom: 1px solid var(--line); }
  td, td.spatial, td.channel { display: block; width: auto; border: 0; padding: 4px 0; }
  main { padding: 14px 10px; }
  section { padding: 14px 12px; }
}
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --page: #fff; --card: #fff; --bar: #2a788e; --badge: #8a3b00;
    color-scheme: light; }
  section { border: 0; padding: 0; }
  figure, tr, .legend { break-inside: avoid; }
  h2 { break-after: avoid; }
  input, input:not(:checked) + label { display: none; }
  body { font-size: 11px; }
  main { padding: 0; max-width: none; }
  thead { display: table-header-group; }
  .maps { grid-template-columns: repeat(7, 1fr); }
  .photo { max-height: 420px; }
}
"""
