import type { Brand, BrandColors } from "./api";
import {
  BLACK,
  CONTROL,
  contrast,
  ensure,
  hex,
  luminance,
  mix,
  parse,
  type Rgb,
  TEXT,
  textOn,
  WHITE,
} from "./contrast";

const INK: Rgb = [22, 24, 29];
const PAPER_DARK: Rgb = [23, 25, 30];
const INK_DARK: Rgb = [238, 240, 244];
const DEFAULT_PRIMARY: Rgb = [29, 78, 216];
const DANGER: Rgb = [190, 24, 40];
const SYSTEM_FONTS =
  'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif';
const DENSITY = { compact: 0.9, comfortable: 1 };

export type Tokens = Record<string, string>;

/** The colours of one scheme; every pair that carries text meets AA, whatever the brand's colours are. */
export function palette(brand: Brand, scheme: "light" | "dark"): Tokens {
  const given: Partial<BrandColors> = brand.colors ?? {};
  const ground = parse(given.surface);
  const usable = ground && luminance(ground) > 0.18 === (scheme === "light") ? ground : null;
  const surface = usable ?? (scheme === "light" ? WHITE : PAPER_DARK);
  const ink = parse(given.on_surface);
  const text = ink && contrast(ink, surface) >= 7 ? ink : scheme === "light" ? INK : INK_DARK;
  const brandPrimary = parse(given.primary) ?? DEFAULT_PRIMARY;
  const primary = scheme === "dark" ? ensure(brandPrimary, [surface], CONTROL) : brandPrimary;
  const asked = parse(given.on_primary);
  const onPrimary = asked && contrast(asked, primary) >= TEXT ? asked : textOn(primary);
  const accent = parse(given.accent) ?? primary;
  const tint = mix(surface, accent, scheme === "light" ? 0.07 : 0.14);
  const sunken = mix(surface, text, 0.035);
  const danger = parse(given.danger) ?? DANGER;
  const dangerTint = mix(surface, danger, scheme === "light" ? 0.06 : 0.16);
  const grounds = [surface, tint, sunken];
  return {
    surface: hex(surface),
    sunken: hex(sunken),
    text: hex(text),
    muted: hex(ensure(mix(text, surface, 0.32), grounds, TEXT + 0.3)),
    line: hex(mix(surface, text, scheme === "light" ? 0.13 : 0.17)),
    control: hex(ensure(mix(surface, text, 0.3), [surface], CONTROL)),
    primary: hex(primary),
    "primary-strong": hex(mix(primary, luminance(onPrimary) > 0.5 ? BLACK : WHITE, 0.12)),
    "on-primary": hex(onPrimary),
    "primary-text": hex(ensure(primary, grounds, TEXT)),
    edge: hex(ensure(primary, [surface], CONTROL)),
    tint: hex(tint),
    danger: hex(ensure(danger, [surface, dangerTint], TEXT)),
    "danger-tint": hex(dangerTint),
  };
}

/** The brand as a style sheet of custom properties for the widget's root. */
export function themeSheet(brand: Brand): string {
  const schemes =
    brand.dark_mode === "auto"
      ? `${rule(palette(brand, "light"), "light")}@media(prefers-color-scheme:dark){${rule(palette(brand, "dark"), "dark")}}`
      : rule(palette(brand, brand.dark_mode), brand.dark_mode);
  const font = safeFont(brand.typography.font_family);
  const scale = clamp(brand.typography.scale, 0.85, 1.3);
  const radius = clamp(brand.shape.radius, 0, 24);
  const density = DENSITY[brand.shape.density];
  return `${schemes}.wb{--font:${font}${SYSTEM_FONTS};--scale:${scale};--radius:${radius}px;--density:${density}}`;
}

function rule(tokens: Tokens, scheme: string): string {
  const body = Object.entries(tokens).map(([name, value]) => `--${name}:${value}`);
  return `.wb{color-scheme:${scheme};${body.join(";")}}`;
}

function safeFont(family: string | null): string {
  const names = family?.replace(/[^\p{L}\d ,_-]/gu, "").trim();
  return names ? `${names},` : "";
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, Number.isFinite(value) ? value : 1));
}

export const PLAIN_BRAND: Brand = {
  typography: { font_family: null, scale: 1 },
  shape: { radius: 8, density: "comfortable" },
  dark_mode: "auto",
};
