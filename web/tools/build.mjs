import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "lightningcss";
import { minify } from "terser";
import { build } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
const target = "es2022";
const cssTarget = ["chrome120", "firefox121", "safari17.2"];
const manifest = {};
/** Stands for the hash until the contents are final. */
const UNHASHED = "00000000";

const common = {
  root,
  configFile: false,
  logLevel: "warn",
  publicDir: false,
  build: {
    outDir: dist,
    emptyOutDir: false,
    target,
    cssTarget,
    modulePreload: false,
    reportCompressedSize: false,
  },
};

async function bundle(options, extra = {}) {
  const output = await build({ ...common, ...extra, build: { ...common.build, ...options } });
  return [output].flat().flatMap((result) => result.output);
}

/** The widget: one module with a hash in its name. */
async function buildWidget() {
  const output = await bundle({
    lib: { entry: join(root, "widget/src/main.ts"), formats: ["es"] },
    rolldownOptions: {
      preserveEntrySignatures: "allow-extension",
      output: {
        minify: true,
        entryFileNames: `assets/widget-${UNHASHED}.js`,
        chunkFileNames: `assets/[name]-${UNHASHED}.js`,
      },
    },
  });
  const files = output.map((chunk) => chunk.fileName);
  await shrink(files);
  const renamed = rename(files);
  manifest["widget.js"] = `/${renamed.get(output.find((chunk) => chunk.isEntry).fileName)}`;
}

const OWN_MEMBERS = (
  "conversation engaged adopt startOver loadScheduler keepDraft dropDraft dropDrafts subscribe " +
  "attempt stepId trouble busy nextAvailable fetcher onChoose onSkip onJump onMore onEdit " +
  "onClosed entered titled retryAfterMs openSession publicKey problem triggers given chosen " +
  "onOpen large tell visit draft forget until"
).split(" ");

/** Names of all members that the widget's operations send and answer with. */
function wireNames() {
  const openapi = JSON.parse(readFileSync(join(root, "../openapi.json"), "utf8"));
  const names = new Set();
  const seen = new Set();
  const walk = (part) => {
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    seen.add(part);
    if (part.$ref) walk(openapi.components.schemas[part.$ref.split("/").at(-1)]);
    for (const name of Object.keys(part.properties ?? {})) names.add(name);
    Object.values(part).forEach(walk);
  };
  for (const operation of Object.values(openapi.paths).flatMap(Object.values))
    if (operation.tags?.includes("widget")) walk(operation);
  return names;
}

/** Names that only the widget itself uses: they may be shortened, the same way in all its files. */
function ownNames() {
  const source = (name) => readFileSync(join(root, "widget/src", name), "utf8");
  const keys = (text) => [...text.matchAll(/^ {2}(\w+)[?]?[:(]/gm)].map(([, name]) => name);
  const foreign = new Set([...wireNames(), "morning", "afternoon", "evening"]);
  const own = ["first", "later", "files"].flatMap((part) => keys(source(`texts/${part}.ts`)));
  return [...own.filter((name) => !foreign.has(name)), ...OWN_MEMBERS];
}

/** A second pass over the bundler's own. */
async function shrink(files) {
  const nameCache = {};
  const options = {
    module: true,
    ecma: 2022,
    compress: { passes: 3, unsafe_arrows: true },
    mangle: { properties: { regex: new RegExp(`^(${ownNames().join("|")})$`) } },
    nameCache,
  };
  for (const file of files) {
    const { code } = await minify(readFileSync(join(dist, file), "utf8"), options);
    writeFileSync(join(dist, file), code);
  }
}

/** Names files that know each other after the hash of all that they hold in the end. */
function rename(files) {
  const texts = new Map(files.map((file) => [file, readFileSync(join(dist, file), "utf8")]));
  const stem = (file) => parse(file).name.replace(`-${UNHASHED}`, "");
  const neutral = (text) =>
    files.reduce((t, file) => t.replaceAll(parse(file).name, stem(file)), text);
  const hash = createHash("sha256")
    .update([...texts.values()].map(neutral).join())
    .digest("hex");
  const renamed = new Map(
    files.map((file) => [file, `assets/${stem(file)}-${hash.slice(0, 8)}.js`]),
  );
  for (const [file, text] of texts) {
    const linked = files.reduce(
      (t, other) => t.replaceAll(parse(other).base, parse(renamed.get(other)).base),
      text,
    );
    rmSync(join(dist, file));
    writeFileSync(join(dist, renamed.get(file)), linked);
  }
  return renamed;
}

/** The loader: a classic script with a stable name, which knows the widget's name. */
async function buildLoader() {
  await bundle(
    {
      rolldownOptions: {
        input: join(root, "widget/src/loader.ts"),
        output: { format: "iife", entryFileNames: "embed.js" },
      },
    },
    { define: { __WIDGET__: JSON.stringify(manifest["widget.js"]) } },
  );
}

/** The script of the account pages. */
async function buildAccount() {
  const name = "account.js";
  const options = {
    input: join(root, "pages/account.ts"),
    output: { format: "iife", entryFileNames: name },
  };
  await bundle({ rolldownOptions: options });
  emit(name, readFileSync(join(dist, name)));
  rmSync(join(dist, name));
}

function emit(name, content) {
  const { name: stem, ext } = parse(name);
  const hash = createHash("sha256").update(content).digest("base64url").slice(0, 8);
  const path = `/assets/${stem}-${hash}${ext}`;
  writeFileSync(join(dist, path), content);
  manifest[name] = path;
}

function buildPages() {
  const source = join(root, "pages/static");
  for (const name of readdirSync(source)) {
    const content = readFileSync(join(source, name));
    const css = name.endsWith(".css");
    emit(name, css ? transform({ filename: name, code: content, minify: true }).code : content);
  }
  mkdirSync(join(dist, "pages"), { recursive: true });
  for (const name of readdirSync(join(root, "pages")).filter((file) => file.endsWith(".html")))
    cpSync(join(root, "pages", name), join(dist, "pages", name));
}

/** The API reference viewer comes from its npm package; the names carry its version. */
function copyReference() {
  const source = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const { version } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  mkdirSync(join(dist, "docs"), { recursive: true });
  for (const [name, file] of [
    ["reference.js", "swagger-ui-bundle.js"],
    ["reference.css", "swagger-ui.css"],
  ]) {
    const { name: stem, ext } = parse(file);
    manifest[name] = `/docs/${stem}-${version}${ext}`;
    const text = readFileSync(join(source, file), "utf8");
    writeFileSync(join(dist, manifest[name]), text.replace(/\n?\/[/*]# sourceMappingURL=.*$/m, ""));
  }
  cpSync(join(source, "LICENSE"), join(dist, "docs/LICENSE"));
  cpSync(join(source, "NOTICE"), join(dist, "docs/NOTICE"));
}

rmSync(dist, { recursive: true, force: true });
await buildWidget();
await buildLoader();
await buildAccount();
buildPages();
copyReference();
manifest["embed.js"] = "/embed.js";
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
