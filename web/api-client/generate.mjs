/** Writes src/schema.ts; with --check it only says whether that is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const target = new URL("src/schema.ts", import.meta.url);
const description = readFileSync(new URL("../../openapi.json", import.meta.url), "utf8");
const withoutExamples = JSON.parse(description, (key, value) =>
  key === "application/json" ? { schema: value.schema } : value,
);
const syntax = await openapiTS(withoutExamples, { defaultNonNullable: false });
const text = COMMENT_HEADER + astToString(syntax);
if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("web/api-client/src/schema.ts is not what openapi.json says: run `make contract`");
  process.exitCode = 1;
}
