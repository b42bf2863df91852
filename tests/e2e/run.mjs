/** Runs the tests of this folder: `node run.mjs [part of a file's name …]`. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const asked = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.mjs"))
  .filter((name) => asked.length === 0 || asked.some((part) => name.includes(part)))
  .map((name) => join(folder, name));
if (files.length === 0) {
  console.error(`error: no test has ${asked.join(" or ")} in its name.`);
  process.exit(1);
}
const steps = process.env.STEPS ?? (process.stdout.isTTY ? "1" : "");
const { status } = spawnSync(
  process.execPath,
  ["--test", "--test-reporter=spec", "--test-concurrency=1", ...files],
  { stdio: "inherit", env: { ...process.env, STEPS: steps } },
);
process.exit(status ?? 1);
