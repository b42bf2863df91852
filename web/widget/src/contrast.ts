/** Colours as the widget computes with them: sRGB channels from 0 to 255. */
export type Rgb = readonly [number, number, number];

export const WHITE: Rgb = [255, 255, 255];
export const BLACK: Rgb = [0, 0, 0];
/** WCAG AA for text, and for the parts of a control that tell it apart. */
export const TEXT = 4.5;
export const CONTROL = 3;

/** Reads `#rgb` and `#rrggbb`; anything else is no colour. */
export function parse(text: string | null | undefined): Rgb | null {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text?.trim() ?? "")?.[1];
  if (!digits) return null;
  const full = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
  const value = Number.parseInt(full, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function hex(color: Rgb): string {
  return `#${color.map((c) => Math.round(c).toString(16).padStart(2, "0")).join("")}`;
}

export function luminance(color: Rgb): number {
  const [r, g, b] = color.map((c) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** `share` of `b` in `a`. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  const [r, g, bl] = a.map((c, i) => Math.round(c + ((b[i] ?? 0) - c) * share));
  return [r ?? 0, g ?? 0, bl ?? 0];
}

/** White where it reads well on the colour, else near black, else black. */
export function textOn(background: Rgb): Rgb {
  const ink: Rgb = [17, 19, 24];
  for (const choice of [WHITE, ink]) if (contrast(choice, background) >= TEXT) return choice;
  return contrast(WHITE, background) > contrast(BLACK, background) ? WHITE : BLACK;
}

/** Moves a colour towards black or white, as little as needed, until it stands out from all grounds. */
export function ensure(color: Rgb, grounds: Rgb[], ratio: number): Rgb {
  const enough = (c: Rgb) => grounds.every((ground) => contrast(c, ground) >= ratio);
  const goal = luminance(grounds[0] ?? WHITE) > 0.18 ? BLACK : WHITE;
  for (let share = 0; share < 1; share += 0.04) {
    const moved = mix(color, goal, share);
    if (enough(moved)) return moved;
  }
  return goal;
}
