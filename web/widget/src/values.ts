import type { Field } from "./api";
import type { Texts } from "./texts/first";

export type Value = string | boolean;
export type Values = Record<string, Value>;

const POSTAL_CODES: Record<string, RegExp> = {
  US: /^\d{5}(-?\d{4})?$/,
  CA: /^[a-z]\d[a-z] ?\d[a-z]\d$/i,
};

/** What is wrong with a value, in words that say what to do; null when nothing is. */
export type Check = (field: Field, value: Value) => string | null;

/** A postal code as the country writes it; other countries are left to the server. */
export function isPostalCode(text: string, country: string): boolean {
  return (POSTAL_CODES[country] ?? /^[\p{L}\d][\p{L}\d -]{2,10}$/u).test(text);
}

export function badPostalCode(country: string, t: Texts): string {
  return country === "US" ? t.badPostalCode : t.badFormat;
}

/** The key of the field that a server error belongs to: "values.notes" → "notes". */
export function fieldOf(path: string): string {
  return path.replace(/^command\./, "").replace(/^(values|consents)\./, "");
}
