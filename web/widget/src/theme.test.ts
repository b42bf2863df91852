import { describe, expect, it } from "vitest";
import { contrast, hex, parse, type Rgb, TEXT, textOn } from "./contrast";
import { PLAIN_BRAND, palette, themeSheet } from "./theme";

const color = (text: string | undefined): Rgb => {
  const parsed = parse(text);
  if (!parsed) throw new Error(`no colour: ${text}`);
  return parsed;
};

const steps = [0, 51, 102, 153, 204, 255];
const primaries = steps.flatMap((r) => steps.flatMap((g) => steps.map((b) => hex([r, g, b]))));

describe("contrast", () => {
  it("knows the ends of the scale", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
    expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 1);
  });

  it("finds a readable text for every ground", () => {
    for (const ground of primaries)
      expect(contrast(textOn(color(ground)), color(ground))).toBeGreaterThanOrEqual(TEXT);
  });
});

describe("palette", () => {
  const pairs = [
    ["on-primary", "primary"],
    ["primary-text", "surface"],
    ["primary-text", "tint"],
    ["muted", "surface"],
    ["muted", "tint"],
    ["muted", "sunken"],
    ["text", "surface"],
    ["danger", "danger-tint"],
  ] as const;

  it("does without the brand's colours", () => {
    expect(palette({ ...PLAIN_BRAND, colors: null }, "light").primary).toBe("#1d4ed8");
  });

  for (const scheme of ["light", "dark"] as const)
    it(`meets AA in ${scheme} for any brand colour`, () => {
      for (const primary of primaries) {
        const brand = { ...PLAIN_BRAND, colors: { ...PLAIN_BRAND.colors, primary } };
        const tokens = palette(brand, scheme);
        for (const [front, back] of pairs)
          expect(
            contrast(color(tokens[front]), color(tokens[back])),
            `${primary}: ${front} on ${back}`,
          ).toBeGreaterThanOrEqual(TEXT);
      }
    });

  it("does not keep a text colour that cannot be read", () => {
    const colors = { ...PLAIN_BRAND.colors, primary: "#ffb703", on_primary: "#ffffff" };
    const tokens = palette({ ...PLAIN_BRAND, colors }, "light");
    expect(tokens["on-primary"]).not.toBe("#ffffff");
  });
});

describe("themeSheet", () => {
  it("lets no style slip in with a font name", () => {
    const typography = { font_family: 'Inter;}*{display:none}"', scale: 1 };
    const sheet = themeSheet({ ...PLAIN_BRAND, typography });
    expect(sheet).not.toContain("display:none}");
    expect(sheet).toContain("Inter");
  });

  it("draws one scheme only when the brand wants one", () => {
    expect(themeSheet({ ...PLAIN_BRAND, dark_mode: "light" })).not.toContain(
      "prefers-color-scheme",
    );
    expect(themeSheet(PLAIN_BRAND)).toContain("prefers-color-scheme");
  });
});
