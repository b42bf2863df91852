import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist");
const gzip = (path) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;

const loader = gzip("embed.js");
const assets = readdirSync(join(dist, "assets"));
const sum = (pattern) =>
  assets
    .filter((name) => pattern.test(name))
    .reduce((bytes, name) => bytes + gzip(`assets/${name}`), 0);
const first = sum(/^widget-.*\.js$/);
const later = sum(/^later-.*\.js$/) + sum(/^pictures-.*\.js$/);

const files = sum(/^files-.*\.js$/);

const rows = [
  ["loader", loader, 1024],
  ["until the first step", loader + first, 20 * 1024],
  ["all but photos", loader + first + later, 30.5 * 1024],
  ["with photos", loader + first + later + files, 34 * 1024],
];
console.log(`${"part".padEnd(24)}${"gzip".padStart(8)}${"budget".padStart(8)}`);
for (const [name, bytes, budget] of rows)
  console.log(`${name.padEnd(24)}${String(bytes).padStart(8)}${String(budget).padStart(8)}`);
const over = rows.filter(([, bytes, budget]) => bytes > budget);
for (const [name] of over) console.error(`Over budget: ${name}`);
process.exitCode = over.length ? 1 : 0;
